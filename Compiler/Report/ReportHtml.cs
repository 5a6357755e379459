using System.Text.Encodings.Web;
using System.Text.Json;

namespace ModelPack.Compiler.Report;

/// <summary>A report as one HTML file that needs nothing else: the page of <c>report.html</c> with the report's JSON in it.</summary>
internal static class ReportHtml
{
    private const string Place = "/*REPORT*/null";

    // The encoder writes <, > and & as escapes, so that no text of a model can end the script element.
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.Default };

    public static string Write(PackReport report)
    {
        using var stream = typeof(ReportHtml).Assembly.GetManifestResourceStream("ModelPack.Compiler.Report.report.html")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Replace(Place, ReportJson.Write(report).ToJsonString(s_json), StringComparison.Ordinal);
    }
}
