using System.Text.Json.Nodes;

namespace ModelPack.Compiler.Report;

/// <summary>A report as JSON, keys in snake case as in the command line's other JSON.</summary>
internal static class ReportJson
{
    public static JsonObject Write(PackReport r) => new()
    {
        ["model"] = r.Model,
        ["version"] = r.Version,
        ["options"] = Pairs(r.Options, v => JsonValue.Create(v)),
        ["bytes_in"] = r.BytesIn,
        ["bytes_out"] = r.BytesOut,
        ["bytes_by"] = Pairs(r.BytesBy, v => JsonValue.Create(v)),
        ["bits_source"] = Round(r.BitsSource),
        ["bits_rest"] = Round(r.BitsRest),
        ["bits_resident"] = Round(r.BitsResident),
        ["decode_tps_expected"] = r.DecodeSpeed is { } speed ? Math.Round(speed, 1) : null,
        ["quality"] = r.Quality is not { } q ? null : new JsonObject
        {
            ["kld"] = q.Divergence,
            ["kld_p99"] = q.Percentile99,
            ["top1"] = q.Top1,
            ["ppl"] = q.Perplexity,
            ["ppl_reference"] = q.ReferencePerplexity,
            ["windows"] = q.Windows,
        },
        ["tensors"] = new JsonArray([.. r.Tensors.Select(Tensor)]),
        ["front"] = new JsonArray([.. r.Front.Select(Point)]),
        ["formats"] = new JsonArray([.. r.Formats.Select(f => (JsonNode)new JsonObject { ["name"] = f.Name, ["bits"] = f.Bits })]),
        ["samples"] = new JsonArray([.. r.Samples.Select(s => (JsonNode)new JsonObject { ["prompt"] = s.Prompt, ["original"] = s.Original, ["compressed"] = s.Compressed })]),
        ["stages"] = Pairs(r.Stages, v => JsonValue.Create(Math.Round(v, 2))),
        ["refinement"] = r.Refinement,
        ["peak_memory_mb"] = Math.Round(r.PeakMemoryMegabytes, 1),
    };

    private static JsonNode Tensor(ReportTensor t) => new JsonObject
    {
        ["name"] = t.Name,
        ["layer"] = t.Layer,
        ["role"] = t.Role,
        ["rows"] = t.Rows,
        ["columns"] = t.Columns,
        ["source"] = t.SourceType,
        ["bits_source"] = Round(t.BitsSource),
        ["bits_rest"] = Round(t.BitsRest),
        ["bits_resident"] = Round(t.BitsResident),
        ["sensitivity"] = t.Sensitivity,
        ["escapes"] = t.Escapes,
    };

    private static JsonNode Point(ReportPoint p) => new JsonObject { ["label"] = p.Label, ["bits"] = Round(p.Bits), ["kld"] = p.Divergence, ["chosen"] = p.Chosen };

    private static JsonArray Pairs<T>(IEnumerable<KeyValuePair<string, T>> pairs, Func<T, JsonNode?> value) =>
        new([.. pairs.Select(p => (JsonNode)new JsonObject { ["name"] = p.Key, ["value"] = value(p.Value) })]);

    private static double Round(double value) => Math.Round(value, 4);
}
