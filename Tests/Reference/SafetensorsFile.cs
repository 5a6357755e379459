using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace ModelPack.Tests.Reference;

/// <summary>
/// The plainest reader of a safetensors file, for golden data: everything in memory, files trusted.
/// Layout: 8-byte little-endian header length, JSON header, raw row-major little-endian data (github.com/huggingface/safetensors).
/// </summary>
internal sealed class SafetensorsFile
{
    private readonly byte[] _bytes;
    private readonly Dictionary<string, Entry> _entries = [];

    private SafetensorsFile(byte[] bytes)
    {
        _bytes = bytes;
        var headerLength = checked((int)BinaryPrimitives.ReadInt64LittleEndian(bytes));
        using var header = JsonDocument.Parse(bytes.AsMemory(8, headerLength));
        foreach (var property in header.RootElement.EnumerateObject())
        {
            if (property.Name == "__metadata__")
            {
                continue;
            }

            var offsets = property.Value.GetProperty("data_offsets");
            _entries.Add(property.Name, new Entry(
                property.Value.GetProperty("dtype").GetString()!,
                [.. property.Value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64())],
                8 + headerLength + offsets[0].GetInt32(),
                offsets[1].GetInt32() - offsets[0].GetInt32()));
        }
    }

    private sealed record Entry(string Type, long[] Shape, int Offset, int Length);

    public static SafetensorsFile Open(string path) => new(File.ReadAllBytes(path));

    /// <summary>A file of <c>../shared</c>; skips the calling test where it is absent.</summary>
    public static SafetensorsFile OpenShared(string relative) => Open(SharedData.Path(relative));

    public IReadOnlyCollection<string> Names => _entries.Keys;

    public bool Contains(string name) => _entries.ContainsKey(name);

    /// <summary><c>F32</c>, <c>F16</c>, <c>BF16</c>, <c>I64</c>, <c>I32</c>, <c>U8</c> …</summary>
    public string Type(string name) => _entries[name].Type;

    public long[] Shape(string name) => _entries[name].Shape;

    public ReadOnlySpan<byte> Bytes(string name) => _bytes.AsSpan(_entries[name].Offset, _entries[name].Length);

    public byte[] GetBytes(string name) => Typed<byte>(name, "U8");

    public sbyte[] GetSBytes(string name) => Typed<sbyte>(name, "I8");

    public int[] GetInt32(string name) => Typed<int>(name, "I32");

    public long[] GetInt64(string name) => Typed<long>(name, "I64");

    /// <summary>Integers of 32 or 64 bits.</summary>
    public long[] GetIntegers(string name) => Type(name) == "I32"
        ? [.. GetInt32(name).Select(v => (long)v)]
        : GetInt64(name);

    /// <summary>F32, or F16, BF16 and F64 converted to f32.</summary>
    public float[] GetFloats(string name) => Type(name) switch
    {
        "F16" => [.. Typed<Half>(name, "F16").Select(v => (float)v)],
        "BF16" => [.. Typed<ushort>(name, "BF16").Select(v => BitConverter.UInt32BitsToSingle((uint)v << 16))],
        "F64" => [.. Typed<double>(name, "F64").Select(v => (float)v)],
        _ => Typed<float>(name, "F32"),
    };

    private T[] Typed<T>(string name, string type)
        where T : unmanaged
    {
        Assert.True(Type(name) == type, $"tensor '{name}' is {Type(name)}, not {type}");
        return MemoryMarshal.Cast<byte, T>(Bytes(name)).ToArray();
    }
}
