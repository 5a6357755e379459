using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Entropy;

/// <summary>
/// One stream of words while it is being decoded. However damaged, it is never read beyond its end: where fewer words are left than the next blocks may take,
/// they are decoded from a copy with zeros behind it.
/// </summary>
internal unsafe ref struct RansStream
{
    /// <summary>Blocks decoded in one call of a rung: what the worst case of the words is measured against.</summary>
    private const int RunBlocks = 16;

    private readonly KernelSet _kernels;
    private readonly ushort* _end;
    private RansState _state;

    /// <param name="words">The stream: 64 states, then the words. At any address.</param>
    /// <param name="count">Words of it.</param>
    /// <param name="kernels">The rung; resolved.</param>
    /// <exception cref="CorruptStreamException">Not even states.</exception>
    public RansStream(byte* words, int count, KernelSet kernels)
    {
        if (count < RansFormat.StateWords)
        {
            throw new CorruptStreamException($"a stream of {count} words lacks its states");
        }

        _kernels = kernels;
        fixed (RansState* state = &_state)
        {
            new ReadOnlySpan<byte>(words, 4 * RansFormat.States).CopyTo(new Span<byte>(state->X, 4 * RansFormat.States));
        }

        _state.Words = (ushort*)words + RansFormat.StateWords;
        _end = (ushort*)words + count;
    }

    /// <summary>Starts the paths of a trellis: all branch bits zero.</summary>
    public void StartPaths(bool eightStates)
    {
        fixed (RansState* state = &_state)
        {
            new Span<uint>(state->Branch1, 3 * RansFormat.States).Clear();
        }

        _state.EightStates = eightStates;
    }

    /// <summary>Decodes blocks of 256 symbols.</summary>
    /// <param name="alphabet">Of all the tables.</param>
    /// <param name="tables">16 a block: 4 · step + vector.</param>
    /// <param name="stride">16, or 0 where all blocks have the same tables.</param>
    /// <param name="output">256 bytes a block.</param>
    /// <param name="blocks">How many.</param>
    /// <param name="hasPlanes">All tables are of 64, have planes (<see cref="RansTable.SetPlanes"/>), and those of a step are one.</param>
    /// <exception cref="CorruptStreamException">There are not enough words.</exception>
    public void Decode(RansAlphabet alphabet, nint* tables, int stride, byte* output, int blocks, bool hasPlanes = false)
    {
        fixed (RansState* state = &_state)
        {
            while (blocks > 0)
            {
                var run = Math.Min(blocks, RunBlocks);
                if (_end - state->Words >= (run * RansFormat.BlockWords) + RansFormat.WordsAhead)
                {
                    Run(_kernels, alphabet, state, tables, stride, output, run, hasPlanes);
                }
                else
                {
                    run = 1;
                    DecodeLast(state, alphabet, tables, output);
                }

                blocks -= run;
                tables += run * stride;
                output += run * RansFormat.BlockSymbols;
            }
        }
    }

    /// <summary>Everything that was there has been used, and the states are where encoding began.</summary>
    /// <exception cref="CorruptStreamException">Or not.</exception>
    public readonly void Finish()
    {
        if (_state.Words != _end)
        {
            throw new CorruptStreamException($"{_end - _state.Words} words of its stream are left over");
        }

        for (var i = 0; i < RansFormat.States; i++)
        {
            if (_state.X[i] != RansFormat.LowerBound)
            {
                throw new CorruptStreamException($"state {i} of its stream ends at 0x{_state.X[i]:X} instead of 0x{RansFormat.LowerBound:X}");
            }
        }
    }

    private readonly void DecodeLast(RansState* state, RansAlphabet alphabet, nint* tables, byte* output)
    {
        const int Most = RansFormat.BlockWords + RansFormat.WordsAhead;
        var copy = stackalloc ushort[Most];
        var left = (int)Math.Min(_end - state->Words, Most);
        new ReadOnlySpan<byte>(state->Words, 2 * left).CopyTo(new Span<byte>(copy, 2 * Most));
        new Span<ushort>(copy + left, Most - left).Clear();
        var place = state->Words;
        state->Words = copy;
        Run(_kernels, alphabet, state, tables, 0, output, 1, hasPlanes: false);
        var taken = state->Words - copy;
        if (taken > left)
        {
            throw new CorruptStreamException($"its stream ends {taken - left} words too early");
        }

        state->Words = place + taken;
    }

    private static void Run(KernelSet kernels, RansAlphabet alphabet, RansState* state, nint* tables, int stride, byte* output, int blocks, bool hasPlanes)
    {
        switch (alphabet)
        {
            case RansAlphabet.Narrow:
                Run<Narrow>(kernels, state, tables, stride, output, blocks);
                break;
            case RansAlphabet.Wide:
                Run<Wide>(kernels, state, tables, stride, output, blocks);
                break;
            case RansAlphabet.Full:
                Run<Full>(kernels, state, tables, stride, output, blocks, hasPlanes);
                break;
            default:
                Run<Paths>(kernels, state, tables, stride, output, blocks, hasPlanes);
                break;
        }
    }

    private static void Run<A>(KernelSet kernels, RansState* state, nint* tables, int stride, byte* output, int blocks, bool hasPlanes = false)
        where A : struct, IAlphabet
    {
        // The guards are constants where a binary was compiled without an instruction set: that rung is not in it.
        switch (kernels)
        {
            case KernelSet.Avx512 when Avx512BW.IsSupported && Avx512Vbmi.IsSupported && hasPlanes && A.BucketBits == 6:
                Avx2PlaneRans.Run<A, Avx512Planes>(state, tables, stride, output, blocks);
                break;
            case KernelSet.Avx512 when Avx512BW.IsSupported && A.IsPath:
                Avx512PathRans.Run(state, tables, stride, output, blocks);
                break;
            case KernelSet.Avx512 when Avx512BW.IsSupported:
                Avx512Rans.Run<A>(state, tables, stride, output, blocks);
                break;
            case KernelSet.Avx512 or KernelSet.AvxVnni or KernelSet.Avx2 when Avx2.IsSupported && hasPlanes && A.BucketBits == 6:
                Avx2PlaneRans.Run<A, Avx2Planes>(state, tables, stride, output, blocks);
                break;
            case KernelSet.Avx512 or KernelSet.AvxVnni or KernelSet.Avx2 when Avx2.IsSupported:
                Avx2Rans.Run<A>(state, tables, stride, output, blocks);
                break;
            case KernelSet.AdvSimd when AdvSimd.Arm64.IsSupported:
                AdvSimdRans.Run<A>(state, tables, stride, output, blocks);
                break;
            default:
                ScalarRans.Run<A>(state, tables, stride, output, blocks);
                break;
        }
    }
}
