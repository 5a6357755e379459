using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace ModelPack.Compiler.Calibration;

/// <summary>
/// Statistics as bytes: magic and version, then inputs (names of the matrices, width, upper half of the moments row by row), row squares, look-ups; f32, little-endian.
/// Of SmolLM2-135M 205 MB. The cache's hash guards them; a reader still believes no size that the stream does not have.
/// </summary>
internal static class StatisticsFile
{
    private static ReadOnlySpan<byte> Magic => "MPSTATS1"u8;

    private const int MaxWidth = 1 << 15;
    private const int MaxCount = 1 << 20;

    public static void Write(Stream stream, RawStatistics statistics)
    {
        stream.Write(Magic);
        WriteCount(stream, statistics.Inputs.Count);
        foreach (var input in statistics.Inputs)
        {
            WriteCount(stream, input.Matrices.Count);
            foreach (var name in input.Matrices)
            {
                WriteName(stream, name);
            }

            WriteSymmetric(stream, input.Moments, input.Width);
        }

        WriteCount(stream, statistics.RowSquares.Count);
        foreach (var (name, rows) in statistics.RowSquares)
        {
            WriteName(stream, name);
            WriteCount(stream, rows.Length);
            stream.Write(MemoryMarshal.AsBytes(rows.AsSpan()));
        }

        WriteCount(stream, statistics.Lookups.Count);
        foreach (var (name, moments) in statistics.Lookups)
        {
            WriteName(stream, name);
            WriteSymmetric(stream, moments, (int)Math.Sqrt(moments.Length));
        }
    }

    /// <summary>Null: not written by this version, or damaged.</summary>
    public static RawStatistics? TryRead(Stream stream)
    {
        try
        {
            Span<byte> magic = stackalloc byte[8];
            stream.ReadExactly(magic);
            return magic.SequenceEqual(Magic) ? Read(stream) : null;
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException or ArgumentException)
        {
            return null;
        }
    }

    private static RawStatistics Read(Stream stream)
    {
        var result = new RawStatistics();
        for (var i = ReadCount(stream); i > 0; i--)
        {
            var names = new string[ReadCount(stream)];
            for (var n = 0; n < names.Length; n++)
            {
                names[n] = ReadName(stream);
            }

            var moments = ReadSymmetric(stream, out var width);
            result.Inputs.Add(new(names, width, moments));
        }

        for (var i = ReadCount(stream); i > 0; i--)
        {
            var name = ReadName(stream);
            var rows = new float[ReadCount(stream)];
            stream.ReadExactly(MemoryMarshal.AsBytes(rows.AsSpan()));
            result.RowSquares.Add(name, rows);
        }

        for (var i = ReadCount(stream); i > 0; i--)
        {
            var name = ReadName(stream);
            result.Lookups.Add(name, ReadSymmetric(stream, out _));
        }

        return result;
    }

    private static void WriteSymmetric(Stream stream, float[] values, int width)
    {
        WriteCount(stream, width);
        for (var i = 0; i < width; i++)
        {
            stream.Write(MemoryMarshal.AsBytes(values.AsSpan((i * width) + i, width - i)));
        }
    }

    private static float[] ReadSymmetric(Stream stream, out int width)
    {
        width = ReadCount(stream);
        if (width > MaxWidth || (long)width * (width + 1) / 2 * sizeof(float) > stream.Length - stream.Position)
        {
            throw new InvalidDataException();
        }

        var values = new float[width * width];
        for (var i = 0; i < width; i++)
        {
            stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan((i * width) + i, width - i)));
        }

        Symmetric.Mirror(values, width);
        return values;
    }

    private static void WriteCount(Stream stream, int count)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, count);
        stream.Write(bytes);
    }

    private static int ReadCount(Stream stream)
    {
        Span<byte> bytes = stackalloc byte[4];
        stream.ReadExactly(bytes);
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        return count is >= 0 and <= MaxCount ? count : throw new InvalidDataException();
    }

    private static void WriteName(Stream stream, string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        WriteCount(stream, bytes.Length);
        stream.Write(bytes);
    }

    private static string ReadName(Stream stream)
    {
        var bytes = new byte[ReadCount(stream)];
        stream.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }
}
