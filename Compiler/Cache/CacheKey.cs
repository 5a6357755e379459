using System.IO.Hashing;
using System.Text;

namespace ModelPack.Compiler.Cache;

/// <summary>What a cached result was made from, as 128 bits: equal keys mean equal bytes.</summary>
/// <param name="Name">32 hexadecimal digits.</param>
internal readonly record struct CacheKey(string Name)
{
    /// <summary>Starts a key with what every result depends on: the code of compiler and runtime (their builds are deterministic, so a module's id is that of its contents).</summary>
    public static Builder Create() => new Builder()
        .Add("compiler", typeof(CacheKey).Module.ModuleVersionId.ToString("N"))
        .Add("runtime", typeof(Formats.PackFormat).Module.ModuleVersionId.ToString("N"))
        .Add("zstandard", typeof(ZstdSharp.Compressor).Module.ModuleVersionId.ToString("N"));

    /// <summary>Gathers the parts of a key; their order counts.</summary>
    internal sealed class Builder
    {
        private readonly XxHash128 _hash = new();

        public Builder Add(string name, string value)
        {
            Append(name);
            Append(value);
            return this;
        }

        public CacheKey Finish() => new(Convert.ToHexStringLower(_hash.GetCurrentHash()));

        /// <summary>The length in front keeps "ab" + "c" from being "a" + "bc".</summary>
        private void Append(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            _hash.Append(BitConverter.GetBytes(bytes.Length));
            _hash.Append(bytes);
        }
    }
}
