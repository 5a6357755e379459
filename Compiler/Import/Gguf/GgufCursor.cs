using System.Buffers.Binary;
using System.Text;

namespace ModelPack.Compiler.Import.Gguf;

/// <summary>
/// Reads a GGUF header front to back. Every step is checked against the bytes left, so nothing that follows can be out of bounds.
/// </summary>
/// <remarks><c>what</c> names the thing being read, for messages: <c>key 'general.name'</c>, <c>tensor #3</c>.</remarks>
internal sealed class GgufCursor(MappedFile file, ImportLimits limits)
{
    private static readonly UTF8Encoding s_strictUtf8 = new(false, throwOnInvalidBytes: true);

    public MappedFile File => file;

    public long Position { get; private set; }

    private long Left => file.Length - Position;

    public uint UInt32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(Take(4, what));

    public ulong UInt64(string what) => BinaryPrimitives.ReadUInt64LittleEndian(Take(8, what));

    /// <summary>Moves over <paramref name="count"/> things of <paramref name="size"/> bytes each.</summary>
    public void Skip(ulong count, int size, string what)
    {
        Require(count, size, what);
        Position += (long)count * size;
        CheckHeaderLimit();
    }

    /// <summary>Moves over <paramref name="count"/> strings (64-bit length, bytes).</summary>
    public void SkipStrings(ulong count, string what)
    {
        // 8 bytes of length each: refuses absurd counts before walking.
        Require(count, 8, what);
        for (ulong i = 0; i < count; i++)
        {
            if (Left < 8)
            {
                throw Truncated($"the length of string {i} of {count} of {what}", 8);
            }

            var length = BinaryPrimitives.ReadUInt64LittleEndian(file.Span(Position, 8));
            if (length > (ulong)(Left - 8) || length > int.MaxValue)
            {
                throw Truncated($"string {i} of {count} of {what}", length);
            }

            Position += 8 + (long)length;
        }

        CheckHeaderLimit();
    }

    /// <summary>Whether an array that fits into the file is larger than anyone would want to hold in memory; one that cannot fit is left to be reported as such.</summary>
    public void CheckArrayLimit(ulong count, string what)
    {
        if (count <= (ulong)Left && count > (ulong)limits.ArrayElements)
        {
            throw new ModelPackException(
                CompilerCodes.ImportLimit, $"'{file.Path}', byte {Position}: {what} is an array of {count} values; the limit is {limits.ArrayElements}.");
        }
    }

    /// <summary>A key or tensor name: valid UTF-8, not empty.</summary>
    public string Name(string what)
    {
        var start = Position;
        var length = UInt64($"the length of the name of {what}");
        if (length > (ulong)limits.NameBytes)
        {
            throw new ModelPackException(
                length > (ulong)Left ? CompilerCodes.FileTruncated : CompilerCodes.ImportLimit,
                $"'{file.Path}', byte {start}: the name of {what} claims {length} bytes; at most {limits.NameBytes} are accepted and {Left} are left in the file. The file is damaged.");
        }

        var bytes = Take((int)length, $"the name of {what}");
        try
        {
            var name = s_strictUtf8.GetString(bytes);
            return name.Length > 0 && !name.Contains('\0') ? name : throw Malformed(start, $"the name of {what} is empty or has a zero byte");
        }
        catch (DecoderFallbackException)
        {
            throw Malformed(start, $"the name of {what} is not valid UTF-8 ({Convert.ToHexString(bytes[..Math.Min(16, bytes.Length)])}…)");
        }
    }

    public ModelPackException Malformed(long at, string problem) =>
        new(CompilerCodes.HeaderMalformed, $"'{file.Path}', byte {at}: {problem}. The file is damaged or was written by a faulty tool.");

    private ReadOnlySpan<byte> Take(int bytes, string what)
    {
        Require((ulong)bytes, 1, what);
        var span = file.Span(Position, bytes);
        Position += bytes;
        CheckHeaderLimit();
        return span;
    }

    private void Require(ulong count, int size, string what)
    {
        if (count > (ulong)(Left / size))
        {
            throw Truncated(what, count, size);
        }
    }

    private ModelPackException Truncated(string what, ulong count, int size = 1) => new(
        CompilerCodes.FileTruncated,
        $"'{file.Path}', byte {Position}: {what} needs {count}{(size == 1 ? "" : $" × {size}")} bytes, but only {Left} of the file's {file.Length} are left. The file is truncated or damaged; fetch it again.");

    private void CheckHeaderLimit()
    {
        if (Position > limits.HeaderBytes)
        {
            throw new ModelPackException(
                CompilerCodes.ImportLimit,
                $"'{file.Path}', byte {Position}: metadata and tensor list are larger than the limit of {limits.HeaderBytes} bytes.");
        }
    }
}
