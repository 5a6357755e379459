using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using ModelPack.Kernels;

namespace ModelPack.KernelCheck;

/// <summary>Every operation of <see cref="ILanes{TSelf}"/>, signed zeros and subnormal numbers among its operands.</summary>
internal static unsafe class LaneChecks
{
    // One per lane; with the second list every pairing of two zeros' signs.
    private static readonly float[] s_left = [0f, -0f, 0f, -0f, 1e-40f, -1e-45f, 1.17549435e-38f, 0.5f, 1.5f, 2.5f, -0.5f, -0.3f, 126.5f, -127.4f, 4194303f, -88.5f];
    private static readonly float[] s_right = [0f, 0f, -0f, -0f, -1e-40f, 1e-45f, 1e-39f, -0.5f, 1e10f, -2.5f, 0.5f, 0.7f, 3e-20f, 127f, -4194303f, 88.5f];

    public static IEnumerable<Check> All =>
    [
        new("lanes arithmetic", (rung, digest) => On(rung, digest, new Arithmetic())),
        new("lanes loads", (rung, digest) => On(rung, digest, new Loads())),
        new("lanes conversions", (rung, digest) => On(rung, digest, new Conversions())),
        new("lanes exp", (rung, digest) => On(rung, digest, new Exponentials())),
        new("quantise", (rung, digest) => On(rung, digest, new Quantise())),
    ];

    /// <summary>A check that is generic over the lanes, as a value: methods cannot be passed before their type argument is known.</summary>
    private interface IOverLanes
    {
        void Run<L>(Digest digest)
            where L : struct, ILanes<L>;
    }

    private static void On<T>(KernelSet rung, Digest digest, T check)
        where T : IOverLanes
    {
        // The guards keep instructions that the binary was not compiled for out of it.
        switch (rung)
        {
            case KernelSet.Avx512 when Avx512BW.IsSupported:
                check.Run<Avx512Lanes>(digest);
                break;
            case KernelSet.Avx2 or KernelSet.AvxVnni when Avx2.IsSupported:
                check.Run<Avx2Lanes>(digest);
                break;
            case KernelSet.AdvSimd when AdvSimd.Arm64.IsSupported:
                check.Run<AdvSimdLanes>(digest);
                break;
            default:
                check.Run<ScalarLanes>(digest);
                break;
        }
    }

    private static void Add<L>(Digest digest, L value)
        where L : struct, ILanes<L>
    {
        var values = stackalloc float[Lanes.Count];
        L.Store(value, values);
        digest.Add(new ReadOnlySpan<float>(values, Lanes.Count));
    }

    private readonly struct Arithmetic : IOverLanes
    {
        public void Run<L>(Digest digest)
            where L : struct, ILanes<L>
        {
            Over<L>(digest, s_left, s_right, s_left);
            Over<L>(digest, s_right, s_left, s_left);
            var random = new Random(1);
            for (var i = 0; i < 200; i++)
            {
                // Products from 2^-150, below the subnormal numbers, to 2^120.
                Over<L>(digest, Inputs.Floats(16, random, 60), Inputs.Floats(16, random, i < 100 ? 3 : 75), Inputs.Floats(16, random, 40));
            }
        }

        private static void Over<L>(Digest digest, float[] left, float[] right, float[] third)
            where L : struct, ILanes<L>
        {
            fixed (float* p = left, q = right, r = third)
            {
                L a = L.Load(p), b = L.Load(q), c = L.Load(r);
                Add(digest, L.Add(a, b));
                Add(digest, L.Subtract(a, b));
                Add(digest, L.Multiply(a, b));
                // No zero among the divisors: 0/0 is a NaN, whose sign is the processor's.
                Add(digest, L.Divide(a, L.Add(L.Abs(b), L.Broadcast(1e-30f))));
                Add(digest, L.Madd(a, b, c));
                Add(digest, L.Max(a, b));
                Add(digest, L.Min(a, b));
                Add(digest, L.Abs(a));
                Add(digest, L.SelectLess(a, b, c, a));
                digest.Add(L.Sum(a));
                digest.Add(L.MaxOf(a));
                for (var count = 1; count < Lanes.Count; count++)
                {
                    Add(digest, Lanes.LoadPartial<L>(p, count));
                }
            }
        }
    }

    private readonly struct Loads : IOverLanes
    {
        public void Run<L>(Digest digest)
            where L : struct, ILanes<L>
        {
            var words = stackalloc ushort[Lanes.Count];
            for (var start = 0; start < 0x10000; start += Lanes.Count)
            {
                for (var i = 0; i < Lanes.Count; i++)
                {
                    words[i] = (ushort)(start + i);
                }

                if ((start & 0x7C00) != 0x7C00)
                {
                    Add(digest, L.LoadF16(words));
                }

                Add(digest, L.LoadBF16(words));
            }

            var bytes = new byte[256 + 64];
            new Random(2).NextBytes(bytes.AsSpan(256));
            for (var i = 0; i < 256; i++)
            {
                bytes[i] = (byte)i;
            }

            fixed (byte* p = bytes)
            {
                for (var start = 0; start < 256; start++)
                {
                    Add(digest, L.LoadSByte((sbyte*)p + start));
                    Add(digest, L.LoadPowerOfTwo(p + start));
                    Add(digest, L.LoadByteOfDwords(p + start, start & 3));
                }
            }
        }
    }

    private readonly struct Conversions : IOverLanes
    {
        public void Run<L>(Digest digest)
            where L : struct, ILanes<L>
        {
            var values = stackalloc float[Lanes.Count];
            var codes = stackalloc sbyte[Lanes.Count];
            for (var first = -128; first < 128; first += Lanes.Count)
            {
                for (var i = 0; i < Lanes.Count; i++)
                {
                    values[i] = first + i;
                }

                L.StoreSByte(L.Load(values), codes);
                digest.Add(new ReadOnlySpan<sbyte>(codes, Lanes.Count));
                Add(digest, L.PowerOfTwo(L.Max(L.Load(values), L.Broadcast(-126f))));
            }

            // All halves and quarters around zero, then the largest that Round takes.
            for (var start = -300f; start < 300f; start += 4f)
            {
                for (var i = 0; i < Lanes.Count; i++)
                {
                    values[i] = start + (i * 0.25f);
                }

                Add(digest, L.Round(L.Load(values)));
            }

            fixed (float* p = s_left, q = s_right)
            {
                Add(digest, L.Round(L.Load(p)));
                Add(digest, L.Round(L.Min(L.Load(q), L.Broadcast(4194303f))));
            }
        }
    }

    private readonly struct Exponentials : IOverLanes
    {
        public void Run<L>(Digest digest)
            where L : struct, ILanes<L>
        {
            var values = stackalloc float[Lanes.Count];
            for (var start = -100f; start < 95f; start += 0.37f)
            {
                for (var i = 0; i < Lanes.Count; i++)
                {
                    values[i] = start + (i * 0.0231f);
                }

                Add(digest, Lanes.Exp(L.Load(values)));
            }

            Add(digest, Lanes.Exp(L.Broadcast(float.NegativeInfinity)));
            Add(digest, Lanes.Exp(L.Broadcast(-0f)));
            Add(digest, Lanes.Exp(L.Broadcast(1e-40f)));
        }
    }

    private readonly struct Quantise : IOverLanes
    {
        public void Run<L>(Digest digest)
            where L : struct, ILanes<L>
        {
            var random = new Random(3);
            foreach (var columns in (int[])[32, 172, 576])
            {
                // The last ones are so small that 127 divided by them is infinite.
                foreach (var scale in (float[])[1f, 0f, 1e30f, 1e-20f, 1e-37f, 1e-40f, 1e-44f])
                {
                    var x = Inputs.Floats(columns, random);
                    for (var i = 0; i < columns; i++)
                    {
                        x[i] *= scale;
                    }

                    var buffer = new byte[QuantizedActivations.Bytes(1, columns)];
                    fixed (byte* b = buffer)
                    fixed (float* p = x)
                    {
                        QuantizedActivations.In(b, 1, columns).Quantize<L>(p, columns, 0);
                    }

                    digest.Add<byte>(buffer);
                }
            }
        }
    }
}
