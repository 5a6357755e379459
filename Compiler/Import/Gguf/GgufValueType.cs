namespace ModelPack.Compiler.Import.Gguf;

/// <summary>Types of metadata values, numbers as in the file (ggml/docs/gguf.md, gguf_metadata_value_type).</summary>
internal enum GgufValueType : uint
{
    UInt8 = 0,
    Int8 = 1,
    UInt16 = 2,
    Int16 = 3,
    UInt32 = 4,
    Int32 = 5,
    Float32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    UInt64 = 10,
    Int64 = 11,
    Float64 = 12,
}

internal static class GgufValueTypes
{
    /// <summary>Bytes of a value; 0 for strings and arrays, whose length is in the file; −1 for numbers that are no type.</summary>
    public static int Size(this GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
        GgufValueType.String or GgufValueType.Array => 0,
        _ => -1,
    };

    public static bool IsInteger(this GgufValueType type) => type is not (GgufValueType.Bool or GgufValueType.Float32 or GgufValueType.Float64) && type.Size() > 0;
}
