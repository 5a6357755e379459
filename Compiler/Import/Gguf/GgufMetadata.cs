using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace ModelPack.Compiler.Import.Gguf;

/// <summary>Metadata of a GGUF file; extents were checked when the header was read, values are decoded here.</summary>
internal sealed class GgufMetadata(MappedFile file) : ModelMetadata
{
    private static readonly UTF8Encoding s_strictUtf8 = new(false, throwOnInvalidBytes: true);
    private readonly Dictionary<string, GgufValue> _values = [];

    public override IEnumerable<string> Keys => _values.Keys;

    public override bool Contains(string key) => _values.ContainsKey(key);

    /// <summary>False if the key is there already.</summary>
    public bool TryAdd(string key, GgufValue value) => _values.TryAdd(key, value);

    public override string GetString(string key)
    {
        var value = Expect(key, "a String", v => !v.IsArray && v.Type == GgufValueType.String);
        var bytes = StringAt(value.Offset);
        try
        {
            return s_strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new ModelPackException(
                CompilerCodes.MetadataType,
                $"'{file.Path}': metadata '{key}' at byte {value.Offset} is not valid UTF-8 ({Convert.ToHexString(bytes[..Math.Min(16, bytes.Length)])}…). The file was written by a faulty tool.");
        }
    }

    public override long GetInteger(string key)
    {
        var value = Expect(key, "an integer", v => !v.IsArray && v.Type.IsInteger());
        return Integer(key, value, 0);
    }

    public override double GetFloat(string key)
    {
        var value = Expect(key, "a Float32 or Float64", v => !v.IsArray && v.Type is GgufValueType.Float32 or GgufValueType.Float64);
        return Float(value, 0);
    }

    public override bool GetBoolean(string key)
    {
        var value = Expect(key, "a Bool", v => !v.IsArray && v.Type == GgufValueType.Bool);
        return file.Span(value.Offset, 1)[0] != 0;
    }

    public override IReadOnlyList<byte[]> GetStringArray(string key)
    {
        var value = Expect(key, "an array of String", v => v.IsArray && v.Type == GgufValueType.String);
        var strings = new byte[value.Count][];
        var offset = value.Offset;
        for (var i = 0; i < strings.Length; i++)
        {
            var bytes = StringAt(offset);
            strings[i] = bytes.ToArray();
            offset += 8 + bytes.Length;
        }

        return strings;
    }

    public override long[] GetIntegerArray(string key)
    {
        var value = Expect(key, "an array of integers", v => v.IsArray && v.Type.IsInteger());
        var integers = new long[value.Count];
        for (var i = 0; i < integers.Length; i++)
        {
            integers[i] = Integer(key, value, i);
        }

        return integers;
    }

    public override float[] GetFloatArray(string key)
    {
        var value = Expect(key, "an array of Float32 or Float64", v => v.IsArray && v.Type is GgufValueType.Float32 or GgufValueType.Float64);
        var floats = new float[value.Count];
        for (var i = 0; i < floats.Length; i++)
        {
            floats[i] = (float)Float(value, i);
        }

        return floats;
    }

    public override string Describe(string key) => Expect(key, "a value", _ => true) switch
    {
        { IsArray: true } array => array.ToString(),
        { Type: GgufValueType.String } => GetString(key),
        { Type: GgufValueType.Bool } => GetBoolean(key) ? "true" : "false",
        { Type: GgufValueType.Float32 } value => ((float)Float(value, 0)).ToString(CultureInfo.InvariantCulture),
        { Type: GgufValueType.Float64 } value => Float(value, 0).ToString(CultureInfo.InvariantCulture),
        var value => Integer(key, value, 0).ToString(CultureInfo.InvariantCulture),
    };

    private GgufValue Expect(string key, string expected, Func<GgufValue, bool> fits)
    {
        if (!_values.TryGetValue(key, out var value))
        {
            throw new ModelPackException(
                CompilerCodes.MetadataMissing,
                $"'{file.Path}' has no metadata '{key}' ({expected} was expected). The file is incomplete; convert the model again with a current tool.");
        }

        return fits(value) ? value : throw new ModelPackException(
            CompilerCodes.MetadataType,
            $"'{file.Path}': metadata '{key}' at byte {value.Offset} should be {expected} but is {(value.IsArray ? "an " : "")}{value}. Convert the model again with a current tool.");
    }

    /// <summary>64-bit length, then bytes; checked when the header was read.</summary>
    private ReadOnlySpan<byte> StringAt(long offset) =>
        file.Span(offset + 8, checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file.Span(offset, 8))));

    private double Float(GgufValue value, int index) => value.Type == GgufValueType.Float32
        ? MemoryMarshal.Read<float>(Element(value, index))
        : MemoryMarshal.Read<double>(Element(value, index));

    private long Integer(string key, GgufValue value, int index)
    {
        var bytes = Element(value, index);
        switch (value.Type)
        {
            case GgufValueType.UInt8:
                return bytes[0];
            case GgufValueType.Int8:
                return (sbyte)bytes[0];
            case GgufValueType.UInt16:
                return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            case GgufValueType.Int16:
                return BinaryPrimitives.ReadInt16LittleEndian(bytes);
            case GgufValueType.UInt32:
                return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            case GgufValueType.Int32:
                return BinaryPrimitives.ReadInt32LittleEndian(bytes);
            case GgufValueType.Int64:
                return BinaryPrimitives.ReadInt64LittleEndian(bytes);
            default:
                var unsigned = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
                return unsigned <= long.MaxValue ? (long)unsigned : throw new ModelPackException(
                    CompilerCodes.MetadataType,
                    $"'{file.Path}': metadata '{key}' has the value {unsigned}; at most {long.MaxValue} was expected. The file is damaged.");
        }
    }

    private ReadOnlySpan<byte> Element(GgufValue value, int index)
    {
        var size = value.Type.Size();
        return file.Span(value.Offset + ((long)index * size), size);
    }
}
