using System.Text;

namespace ModelPack.Compiler.Cache;

/// <summary>All that compiling a model yields beside the pack's bytes; with them, one entry of the cache.</summary>
/// <param name="Plan">The plan's text.</param>
/// <param name="Shape">The shape's text.</param>
/// <param name="Summary">One line for people.</param>
/// <param name="Figures">One JSON object.</param>
internal sealed record CompiledModel(string Plan, string Shape, string Summary, string Figures)
{
    private const string Kind = "pack";

    /// <summary>Reads an entry and copies its pack to <paramref name="pack"/>; null where there is none.</summary>
    public static CompiledModel? TryGet(BuildCache cache, CacheKey key, Stream pack)
    {
        using var entry = cache.TryGet(key, Kind);
        if (entry is null)
        {
            return null;
        }

        using var reader = new BinaryReader(entry, Encoding.UTF8, leaveOpen: true);
        var model = new CompiledModel(reader.ReadString(), reader.ReadString(), reader.ReadString(), reader.ReadString());
        entry.CopyTo(pack);
        return model;
    }

    /// <param name="cache">Takes the entry.</param>
    /// <param name="key">What the model was made from.</param>
    /// <param name="pack">The finished pack; read from its beginning.</param>
    public void Put(BuildCache cache, CacheKey key, Stream pack) => cache.Put(key, Kind, entry =>
    {
        using (var writer = new BinaryWriter(entry, Encoding.UTF8, leaveOpen: true))
        {
            foreach (var text in new[] { Plan, Shape, Summary, Figures })
            {
                writer.Write(text);
            }
        }

        pack.Position = 0;
        pack.CopyTo(entry);
    });
}
