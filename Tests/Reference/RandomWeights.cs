using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Tests.Reference;

/// <summary>
/// Resident weights with random codes and finite scales of ordinary size. The same seed gives the same bytes on every platform: nothing here calls a
/// C library. Shared with eng/kernel-check, which compares platforms.
/// </summary>
internal static class RandomWeights
{
    public static byte[] Resident(MatrixKernel kernel, int rows, int columns, Random random)
    {
        var bytes = new byte[kernel.Bytes(rows, columns)];
        random.NextBytes(bytes);
        if (kernel.Format.Family == WeightFamily.Plain)
        {
            for (var i = 0; i < rows * columns; i++)
            {
                ReferencePlain.Set(bytes, kernel.Format.Plain, i, (random.NextSingle() - 0.5f) * 4);
            }
        }
        else
        {
            SetScales(kernel, rows, columns, bytes, random);
        }

        return bytes;
    }

    /// <summary>Replaces the scales of a resident weight of the grouped family.</summary>
    public static void SetScales(MatrixKernel kernel, int rows, int columns, byte[] bytes, Random random)
    {
        var layout = new GroupedLayout(kernel.Format, rows, columns);
        var at = 0;
        for (var g = 0; g < layout.RowGroups; g++)
        {
            for (var u = 0; u < layout.Units; u++)
            {
                var header = layout.HeaderBytes(u);
                var super = layout.HasSuper(u) ? 32 * (kernel.Format.HasMinimum ? 2 : 1) : 0;
                for (var i = 0; i < super; i += 2)
                {
                    BitConverter.TryWriteBytes(bytes.AsSpan(at + i), (Half)(random.NextSingle() * 0.01f));
                }

                var element = GroupedLayout.ScaleElementBytes(kernel.Format.Scale);
                for (var i = super; i < header; i += element)
                {
                    var value = (random.NextSingle() - 0.5f) * 0.1f;
                    switch (kernel.Format.Scale)
                    {
                        case ScaleKind.F16:
                            BitConverter.TryWriteBytes(bytes.AsSpan(at + i), (Half)value);
                            break;
                        case ScaleKind.F32:
                            BitConverter.TryWriteBytes(bytes.AsSpan(at + i), value);
                            break;
                        case ScaleKind.PowerOfTwo:
                            bytes[at + i] = (byte)random.Next(118, 126);
                            break;
                    }
                }

                at += header + layout.CodeBytes;
            }
        }
    }
}
