using ModelPack.Formats;

namespace ModelPack.Compiler.Encodings;

/// <summary>IEEE single.</summary>
internal sealed class F32() : PlainEncoding<float>("F32", 0, PlainType.F32)
{
    protected override float ToSingle(float value) => value;

    public override void Dequantize(ReadOnlySpan<byte> blocks, Span<float> values) => Elements(blocks).CopyTo(values);

    public override long FirstNonFinite(ReadOnlySpan<byte> row) => FirstWithAllOf(row, 0x7F80_0000u);
}

/// <summary>IEEE half.</summary>
internal sealed class F16() : PlainEncoding<Half>("F16", 1, PlainType.F16)
{
    protected override float ToSingle(Half value) => (float)value;

    public override long FirstNonFinite(ReadOnlySpan<byte> row) => FirstWithAllOf<ushort>(row, 0x7C00);
}

/// <summary>The upper half of an IEEE single.</summary>
internal sealed class BF16() : PlainEncoding<ushort>("BF16", 30, PlainType.BF16)
{
    protected override float ToSingle(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    public override long FirstNonFinite(ReadOnlySpan<byte> row) => FirstWithAllOf<ushort>(row, 0x7F80);
}

/// <summary>IEEE double; resident as f32, rounded to nearest. A double beyond the range of f32 counts as not finite.</summary>
internal sealed class F64() : PlainEncoding<double>("F64", 28, PlainType.F32)
{
    protected override float ToSingle(double value) => (float)value;
}
