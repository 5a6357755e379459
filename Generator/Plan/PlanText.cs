namespace ModelPack.Plan;

/// <summary>
/// The text form of <see cref="ModelShapeFile"/> (<c>X.shape</c>) and <see cref="ModelPlan"/> (<c>X.plan</c>): one fact a line, a keyword and its words, strings in
/// quotes, the version first and <c>end</c> last. UTF-8, LF; the same records give the same bytes everywhere. A line format because the generator's hosts do not
/// all have a JSON library.
/// </summary>
/// <example>
/// <code>
/// modelpack-plan 1
/// compiler "0.1.0"
/// …
/// buffer qkv 1152 960 "queries, keys and values [tokens, 960]"
/// template Layer
/// slots AttentionNorm AttentionQuery AttentionKey AttentionValue
/// call RmsNorm x .AttentionNorm f32:3727c5ac(1E-05) h "attention RMSNorm"
/// call Linear h qkv .AttentionQuery .AttentionKey .AttentionValue "queries, keys and values"
/// end
/// call Embedding #0 x "token embeddings"
/// repeat Layer 0
/// row 1 2 3 4
/// end
/// end
/// </code>
/// Operands: <c>x</c> a buffer, <c>qkv[576,192]</c> columns of a buffer from 576, 192 wide, <c>#7</c> a weight, <c>.AttentionNorm</c> a slot, <c>64</c> an integer,
/// <c>f32:3727c5ac(1E-05)</c> a float by its bits (what is in parentheses is for people), <c>@true</c>, <c>@false</c>, <c>@logits</c>, <c>@layer</c>, <c>@none</c>.
/// </example>
internal static class PlanText
{
    /// <summary>Version that is written, and the highest that is read.</summary>
    public const int Version = 1;

    /// <summary>Longest text that is read, in UTF-16 units; it bounds everything else that reading allocates.</summary>
    public const int MaxTextLength = 16 << 20;

    /// <summary>Longest string in quotes.</summary>
    public const int MaxStringLength = 64 << 10;

    internal const string ShapeHeader = "modelpack-shape";
    internal const string PlanHeader = "modelpack-plan";

    /// <summary>The text of <paramref name="shape"/>.</summary>
    /// <exception cref="System.ArgumentException">An accessor's path is not made of ASCII identifiers.</exception>
    public static string Write(ModelShapeFile shape) => new PlanTextWriter().Shape(shape);

    /// <summary>The text of <paramref name="plan"/>.</summary>
    /// <exception cref="System.ArgumentException">A name of a buffer, template, slot or operation is not an ASCII identifier.</exception>
    public static string Write(ModelPlan plan) => new PlanTextWriter().Plan(plan);

    /// <summary>Reads what <see cref="Write(ModelShapeFile)"/> wrote; any other text is an error, never an exception.</summary>
    public static PlanTextResult<ModelShapeFile> ReadShape(string text) => new PlanTextReader(text).Shape();

    /// <summary>Reads what <see cref="Write(ModelPlan)"/> wrote; any other text is an error, never an exception. Whether the plan makes sense is <c>PlanCheck</c>'s question.</summary>
    public static PlanTextResult<ModelPlan> ReadPlan(string text) => new PlanTextReader(text).Plan();

    /// <summary>An ASCII identifier; keywords of C# are identifiers here.</summary>
    public static bool IsIdentifier(string text)
    {
        if (text.Length is 0 or > 256 || text[0] is >= '0' and <= '9')
        {
            return false;
        }

        foreach (var c in text)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '_'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>ASCII identifiers with dots between them.</summary>
    public static bool IsDottedIdentifier(string text)
    {
        foreach (var part in text.Split('.'))
        {
            if (!IsIdentifier(part))
            {
                return false;
            }
        }

        return text.Length <= 1024;
    }
}
