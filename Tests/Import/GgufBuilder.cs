using System.Buffers.Binary;
using System.Text;

namespace ModelPack.Tests.Import;

/// <summary>
/// Writes small GGUF files for tests, valid unless told otherwise: every count and offset can be overridden to make a hostile one.
/// </summary>
internal sealed class GgufBuilder
{
    private readonly List<byte[]> _metadata = [];
    private readonly List<TensorEntry> _tensors = [];

    private sealed record TensorEntry(string Name, ulong[] Dimensions, uint Type, byte[] Data, ulong? Offset);

    public byte[] Magic { get; set; } = "GGUF"u8.ToArray();

    public uint Version { get; set; } = 3;

    /// <summary>Of the data section and of each tensor; a file that has another than 32 needs <c>general.alignment</c> too.</summary>
    public int Alignment { get; set; } = 32;

    public ulong? TensorCount { get; set; }

    public ulong? KeyCount { get; set; }

    // ggml's value types, see docs/gguf.md.
    public GgufBuilder Add(string key, string value) => Raw(key, 8, String(Encoding.UTF8.GetBytes(value)));

    public GgufBuilder Add(string key, uint value) => Raw(key, 4, BitConverter.GetBytes(value));

    public GgufBuilder Add(string key, int value) => Raw(key, 5, BitConverter.GetBytes(value));

    public GgufBuilder Add(string key, ulong value) => Raw(key, 10, BitConverter.GetBytes(value));

    public GgufBuilder Add(string key, long value) => Raw(key, 11, BitConverter.GetBytes(value));

    public GgufBuilder Add(string key, float value) => Raw(key, 6, BitConverter.GetBytes(value));

    public GgufBuilder Add(string key, double value) => Raw(key, 12, BitConverter.GetBytes(value));

    public GgufBuilder Add(string key, bool value) => Raw(key, 7, [value ? (byte)1 : (byte)0]);

    public GgufBuilder AddStrings(string key, params IEnumerable<string> values) => AddStrings(key, values.Select(Encoding.UTF8.GetBytes));

    public GgufBuilder AddStrings(string key, params IEnumerable<byte[]> values) => AddArray(key, 8, values.Select(String));

    public GgufBuilder AddIntegers(string key, params IEnumerable<int> values) => AddArray(key, 5, values.Select(BitConverter.GetBytes));

    public GgufBuilder AddFloats(string key, params IEnumerable<float> values) => AddArray(key, 6, values.Select(BitConverter.GetBytes));

    public GgufBuilder AddArray(string key, uint elementType, IEnumerable<byte[]> elements)
    {
        var items = elements.ToArray();
        return Raw(key, 9, [.. BitConverter.GetBytes(elementType), .. BitConverter.GetBytes((ulong)items.Length), .. items.SelectMany(i => i)]);
    }

    /// <summary>A metadata entry of any type number and payload.</summary>
    public GgufBuilder Raw(string key, uint type, byte[] payload)
    {
        _metadata.Add([.. String(Encoding.UTF8.GetBytes(key)), .. BitConverter.GetBytes(type), .. payload]);
        return this;
    }

    /// <summary>Any bytes in place of a metadata entry.</summary>
    public GgufBuilder RawEntry(byte[] entry)
    {
        _metadata.Add(entry);
        return this;
    }

    /// <summary>An F32 tensor; <paramref name="shape"/> outermost first, as ModelPack has it.</summary>
    public GgufBuilder Tensor(string name, long[] shape, float[] values)
    {
        var bytes = new byte[values.Length * 4];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * 4), values[i]);
        }

        return Tensor(name, shape, 0, bytes);
    }

    /// <summary>A tensor of any ggml type; <paramref name="offset"/> overrides its place in the data section.</summary>
    public GgufBuilder Tensor(string name, long[] shape, uint type, byte[] data, ulong? offset = null)
    {
        _tensors.Add(new TensorEntry(name, [.. shape.Reverse().Select(d => (ulong)d)], type, data, offset));
        return this;
    }

    public byte[] Build()
    {
        using var stream = new MemoryStream();
        stream.Write(Magic);
        stream.Write(BitConverter.GetBytes(Version));
        stream.Write(BitConverter.GetBytes(TensorCount ?? (ulong)_tensors.Count));
        stream.Write(BitConverter.GetBytes(KeyCount ?? (ulong)_metadata.Count));
        foreach (var entry in _metadata)
        {
            stream.Write(entry);
        }

        ulong next = 0;
        foreach (var tensor in _tensors)
        {
            stream.Write(String(Encoding.UTF8.GetBytes(tensor.Name)));
            stream.Write(BitConverter.GetBytes((uint)tensor.Dimensions.Length));
            foreach (var dimension in tensor.Dimensions)
            {
                stream.Write(BitConverter.GetBytes(dimension));
            }

            stream.Write(BitConverter.GetBytes(tensor.Type));
            stream.Write(BitConverter.GetBytes(tensor.Offset ?? next));
            next = Align(next + (ulong)tensor.Data.Length);
        }

        foreach (var tensor in _tensors)
        {
            stream.Write(new byte[(int)(Align((ulong)stream.Length) - (ulong)stream.Length)]);
            stream.Write(tensor.Data);
        }

        return stream.ToArray();
    }

    /// <summary>Writes the file to a temporary folder that the test run leaves behind for the system to clean; returns its path.</summary>
    public string Write(string name = "test.gguf") => WriteBytes(Build(), name);

    public static string WriteBytes(byte[] bytes, string name = "test.gguf")
    {
        var folder = Directory.CreateTempSubdirectory("modelpack-gguf-").FullName;
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public static byte[] String(byte[] bytes) => [.. BitConverter.GetBytes((ulong)bytes.Length), .. bytes];

    private ulong Align(ulong position) => (position + (ulong)Alignment - 1) / (ulong)Alignment * (ulong)Alignment;
}
