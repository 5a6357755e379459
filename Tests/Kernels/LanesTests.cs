using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using ModelPack.Kernels;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Kernels;

/// <summary>Every lane operation on every rung against plain arithmetic, bit for bit.</summary>
public unsafe class LanesTests
{
    private static readonly float[] s_values =
    [
        0f, -0f, 1f, -1f, 0.5f, -2.5f, 3.5f, 126.5f, -127.4f, 1e-30f, -1e30f, 3.14159f, 1e-40f, 65504f, -0.49999997f, 87.3f,
    ];

    public static TheoryData<KernelSet> Rungs() => [.. KernelSets.Supported];

    [Theory]
    [MemberData(nameof(Rungs))]
    public void Arithmetic_is_that_of_IEEE_754(KernelSet rung)
    {
        switch (rung)
        {
            case KernelSet.Avx512 when Avx512F.IsSupported:
                Arithmetic<Avx512Lanes>();
                break;
            case KernelSet.Avx2 or KernelSet.AvxVnni when Avx2.IsSupported:
                Arithmetic<Avx2Lanes>();
                break;
            case KernelSet.AdvSimd when AdvSimd.IsSupported:
                Arithmetic<AdvSimdLanes>();
                break;
            default:
                Arithmetic<ScalarLanes>();
                break;
        }
    }

    [Theory]
    [MemberData(nameof(Rungs))]
    public void Exp_has_the_bits_of_the_scalar_rung_and_is_within_two_ulp_of_the_true_value(KernelSet rung)
    {
        switch (rung)
        {
            case KernelSet.Avx512 when Avx512F.IsSupported:
                Exp<Avx512Lanes>();
                break;
            case KernelSet.Avx2 or KernelSet.AvxVnni when Avx2.IsSupported:
                Exp<Avx2Lanes>();
                break;
            case KernelSet.AdvSimd when AdvSimd.IsSupported:
                Exp<AdvSimdLanes>();
                break;
            default:
                Exp<ScalarLanes>();
                break;
        }
    }

    [Theory]
    [MemberData(nameof(Rungs))]
    public void Activations_whose_inverse_step_would_be_infinite_are_zeros(KernelSet rung)
    {
        switch (rung)
        {
            case KernelSet.Avx512 when Avx512F.IsSupported:
                QuantiseTiny<Avx512Lanes>();
                break;
            case KernelSet.Avx2 or KernelSet.AvxVnni when Avx2.IsSupported:
                QuantiseTiny<Avx2Lanes>();
                break;
            case KernelSet.AdvSimd when AdvSimd.IsSupported:
                QuantiseTiny<AdvSimdLanes>();
                break;
            default:
                QuantiseTiny<ScalarLanes>();
                break;
        }
    }

    private static void QuantiseTiny<L>()
        where L : struct, ILanes<L>
    {
        foreach (var (largest, code) in ((float, sbyte)[])[(2e-36f, 127), (1e-37f, 0), (-1e-40f, 0), (float.Epsilon, 0)])
        {
            var x = new float[32];
            x[5] = largest;
            var buffer = new byte[QuantizedActivations.Bytes(1, 32)];
            fixed (float* p = x)
            fixed (byte* b = buffer)
            {
                var a = QuantizedActivations.In(b, 1, 32);
                a.Quantize<L>(p, 32, 0);
                Assert.Equal(code, a.Codes(0)[5]);
                Assert.Equal(0, a.Codes(0)[6]);
                Assert.Equal(code, a.Sums(0)[0]);
                Assert.Equal(code == 0 ? 0f : largest / 127f, a.Scales(0)[0]);
            }
        }
    }

    private static void Arithmetic<L>()
        where L : struct, ILanes<L>
    {
        float[] other = [.. s_values.Reverse()], third = [.. s_values.Select(v => v * 0.7f)];
        fixed (float* pa = s_values, pb = other, pc = third)
        {
            L a = L.Load(pa), b = L.Load(pb), c = L.Load(pc);
            Check<L>(L.Add(a, b), i => s_values[i] + other[i]);
            Check<L>(L.Subtract(a, b), i => s_values[i] - other[i]);
            Check<L>(L.Multiply(a, b), i => s_values[i] * other[i]);
            Check<L>(L.Divide(a, L.Broadcast(3f)), i => s_values[i] / 3f);
            Check<L>(L.Madd(a, b, c), i => MathF.FusedMultiplyAdd(s_values[i], other[i], third[i]));
            // Zeros of both signs in both orders: an equal pair gives the second operand.
            L zero = L.Broadcast(0f), minusZero = L.Broadcast(-0f);
            Check<L>(L.Max(a, b), i => s_values[i] > other[i] ? s_values[i] : other[i]);
            Check<L>(L.Min(a, b), i => s_values[i] < other[i] ? s_values[i] : other[i]);
            Check<L>(L.Max(zero, minusZero), _ => -0f);
            Check<L>(L.Max(minusZero, zero), _ => 0f);
            Check<L>(L.Min(zero, minusZero), _ => -0f);
            Check<L>(L.Min(minusZero, zero), _ => 0f);
            Check<L>(L.Abs(a), i => MathF.Abs(s_values[i]));
            Check<L>(L.SelectLess(a, b, c, a), i => s_values[i] < other[i] ? third[i] : s_values[i]);
            Check<L>(L.Round(L.Min(L.Max(a, L.Broadcast(-1000f)), L.Broadcast(1000f))), i => MathF.Round(Math.Clamp(s_values[i], -1000f, 1000f), MidpointRounding.ToEven));
            Assert.Equal(s_values.Max(), L.MaxOf(a));
            Assert.Equal(BitConverter.SingleToInt32Bits(ReferencePlain.Tree(third)), BitConverter.SingleToInt32Bits(L.Sum(c)));
        }

        var halves = Enumerable.Range(0, 0x7C00).Concat(Enumerable.Range(0x8000, 0x7C00)).Select(i => (ushort)i).ToArray();
        for (var start = 0; start < halves.Length; start += 16)
        {
            fixed (ushort* p = &halves[start])
            {
                var at = start;
                Check<L>(L.LoadF16(p), i => (float)BitConverter.UInt16BitsToHalf(halves[at + i]));
                Check<L>(L.LoadBF16(p), i => BitConverter.UInt32BitsToSingle((uint)halves[at + i] << 16));
            }
        }

        var stored = stackalloc sbyte[16];
        var bytes = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        for (var start = 0; start < 256; start += 64)
        {
            fixed (byte* p = &bytes[start])
            {
                var at = start;
                Check<L>(L.LoadSByte((sbyte*)p), i => (sbyte)bytes[at + i]);
                Check<L>(L.LoadByteOfDwords(p, 3), i => bytes[at + (4 * i) + 3]);
                if (start < 192)
                {
                    Check<L>(L.LoadPowerOfTwo(p), i => (float)Math.Pow(2, bytes[at + i] - 128));
                }

                L.StoreSByte(L.LoadSByte((sbyte*)p), stored);
                Assert.Equal(bytes.Skip(at).Take(16), new ReadOnlySpan<byte>(stored, 16).ToArray());
            }
        }
    }

    private static void Check<L>(L actual, Func<int, float> expected)
        where L : struct, ILanes<L>
    {
        var values = stackalloc float[16];
        L.Store(actual, values);
        for (var i = 0; i < 16; i++)
        {
            Assert.Equal(BitConverter.SingleToInt32Bits(expected(i)), BitConverter.SingleToInt32Bits(values[i]));
        }
    }

    private static void Exp<L>()
        where L : struct, ILanes<L>
    {
        var x = stackalloc float[16];
        var y = stackalloc float[16];
        var scalar = stackalloc float[16];
        for (var start = -100f; start < 95f; start += 0.37f)
        {
            for (var i = 0; i < 16; i++)
            {
                x[i] = start + (i * 0.0231f);
            }

            L.Store(Lanes.Exp(L.Load(x)), y);
            ScalarLanes.Store(Lanes.Exp(ScalarLanes.Load(x)), scalar);
            for (var i = 0; i < 16; i++)
            {
                Assert.Equal(BitConverter.SingleToInt32Bits(scalar[i]), BitConverter.SingleToInt32Bits(y[i]));
                var exact = Math.Exp(x[i]);
                if (x[i] < -87f)
                {
                    Assert.Equal(0f, y[i]);
                }
                else if (x[i] <= 88f)
                {
                    Assert.InRange(y[i] / exact, 1 - 2.4e-7, 1 + 2.4e-7);
                }
            }
        }

        Assert.Equal(1f, First<L>(0f));
        Assert.Equal(0f, First<L>(float.NegativeInfinity));
    }

    private static float First<L>(float x)
        where L : struct, ILanes<L>
    {
        var values = stackalloc float[16];
        L.Store(Lanes.Exp(L.Broadcast(x)), values);
        return values[0];
    }
}
