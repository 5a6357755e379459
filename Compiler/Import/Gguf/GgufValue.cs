namespace ModelPack.Compiler.Import.Gguf;

/// <summary>Where a metadata value lies. Values are decoded when asked for: a vocabulary that nobody reads costs nothing.</summary>
/// <param name="Type">Type of the value, or of the elements of an array.</param>
/// <param name="IsArray">Whether this is a one-dimensional array.</param>
/// <param name="Count">Number of values: 1 where it is no array.</param>
/// <param name="Offset">Byte position of the first value.</param>
internal readonly record struct GgufValue(GgufValueType Type, bool IsArray, long Count, long Offset)
{
    /// <summary>As messages print it: <c>UInt32</c>, <c>array of 49152 String</c>.</summary>
    public override string ToString() => IsArray ? $"array of {Count} {Type}" : Type.ToString();

    /// <summary>Reads type and extent at the cursor, and moves it beyond the value.</summary>
    public static GgufValue Read(GgufCursor cursor, string what, int nesting)
    {
        var at = cursor.Position;
        var type = ReadType(cursor, at, what);
        if (type != GgufValueType.Array)
        {
            var offset = cursor.Position;
            Skip(cursor, type, 1, what);
            return new GgufValue(type, false, 1, offset);
        }

        at = cursor.Position;
        var element = ReadType(cursor, at, $"the elements of {what}");
        var count = cursor.UInt64($"the array length of {what}");
        var first = cursor.Position;
        cursor.CheckArrayLimit(count, what);
        if (element != GgufValueType.Array)
        {
            Skip(cursor, element, count, what);
            return new GgufValue(element, true, (long)count, first);
        }

        // Arrays in arrays: nothing ModelPack knows has them, but they are legal, so they are stepped over.
        if (nesting == 0)
        {
            throw cursor.Malformed(at, $"{what} has arrays nested too deeply");
        }

        for (ulong i = 0; i < count; i++)
        {
            SkipNested(cursor, what, nesting - 1);
        }

        return new GgufValue(element, true, (long)count, first);
    }

    private static void SkipNested(GgufCursor cursor, string what, int nesting)
    {
        var at = cursor.Position;
        var element = ReadType(cursor, at, what);
        var count = cursor.UInt64(what);
        if (element != GgufValueType.Array)
        {
            Skip(cursor, element, count, what);
            return;
        }

        if (nesting == 0)
        {
            throw cursor.Malformed(at, $"{what} has arrays nested too deeply");
        }

        for (ulong i = 0; i < count; i++)
        {
            SkipNested(cursor, what, nesting - 1);
        }
    }

    private static GgufValueType ReadType(GgufCursor cursor, long at, string what)
    {
        var type = (GgufValueType)cursor.UInt32(what);
        return type.Size() >= 0 ? type : throw cursor.Malformed(at, $"{what} has value type {(uint)type}; 0 to 12 exist");
    }

    private static void Skip(GgufCursor cursor, GgufValueType type, ulong count, string what)
    {
        if (type == GgufValueType.String)
        {
            cursor.SkipStrings(count, what);
            return;
        }

        var at = cursor.Position;
        cursor.Skip(count, type.Size(), what);
        if (type == GgufValueType.Bool)
        {
            var bad = cursor.File.Span(at, checked((int)count)).IndexOfAnyExceptInRange((byte)0, (byte)1);
            if (bad >= 0)
            {
                throw cursor.Malformed(at + bad, $"{what} is a Bool with value {cursor.File.Span(at + bad, 1)[0]}; 0 or 1 was expected");
            }
        }
    }
}
