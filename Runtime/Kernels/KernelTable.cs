using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>All resident formats that have kernels: one line each.</summary>
internal static class KernelTable
{
    private static readonly MatrixKernel[] s_kernels =
    [
        new PlainKernel<F32Elements>(),
        new PlainKernel<F16Elements>(),
        new PlainKernel<BF16Elements>(),
        new GroupedKernel<U4F16>(),
        new GroupedKernel<U4F16Min>(),
        new GroupedKernel<U5F16>(),
        new GroupedKernel<U5F16Min>(),
        new GroupedKernel<U8F16>(),
        new GroupedKernel<U2TwoLevelMin16>(),
        new GroupedKernel<U3TwoLevel16>(),
        new GroupedKernel<U4TwoLevelMin>(),
        new GroupedKernel<U5TwoLevelMin>(),
        new GroupedKernel<U6TwoLevel16>(),
        new GroupedKernel<Iq4F16>(),
        new GroupedKernel<Iq4TwoLevel>(),
        new GroupedKernel<Mxfp4Power>(),
        new GroupedKernel<U2F16Ternary>(),
        new GroupedKernel<U8F32Of16>(),
        new GroupedKernel<U8F32Of32>(),
        new TiledKernel(1),
        new TiledKernel(4),
        new TiledKernel(8),
    ];

    public static IReadOnlyList<MatrixKernel> All => s_kernels;

    /// <summary>The kernels of a format, or null.</summary>
    public static MatrixKernel? Find(WeightFormat format)
    {
        foreach (var kernel in s_kernels)
        {
            if (kernel.Format == format)
            {
                return kernel;
            }
        }

        return null;
    }
}
