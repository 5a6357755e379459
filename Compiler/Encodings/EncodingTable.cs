namespace ModelPack.Compiler.Encodings;

/// <summary>Every tensor encoding that is read. Adding one is a descriptor and a line here; tests walk this table.</summary>
internal static class EncodingTable
{
    public static readonly IReadOnlyList<TensorEncoding> All =
    [
        new F32(),
        new F16(),
        new BF16(),
        new F64(),
        new I8(),
        new I16(),
        new I32(),
        new I64(),
        new Q4_0(),
        new Q4_1(),
        new Q5_0(),
        new Q5_1(),
        new Q8_0(),
        new Q2_K(),
        new Q3_K(),
        new Q4_K(),
        new Q5_K(),
        new Q6_K(),
        new TQ1_0(),
        new TQ2_0(),
        new IQ1_S(),
        new IQ1_M(),
        new IQ2_XXS(),
        new IQ2_XS(),
        new IQ2_S(),
        new IQ3_XXS(),
        new IQ3_S(),
        new IQ4_NL(),
        new IQ4_XS(),
        new Mxfp4(),
    ];

    private static readonly Dictionary<int, TensorEncoding> s_byGgmlId = All.Where(e => e.GgmlId >= 0).ToDictionary(e => e.GgmlId);
    private static readonly Dictionary<string, TensorEncoding> s_byName = All.ToDictionary(e => e.Name);

    /// <summary>For messages: <c>F32 (0), F16 (1) …</c>.</summary>
    public static string KnownNames => string.Join(", ", s_byGgmlId.Values.OrderBy(e => e.GgmlId).Select(e => $"{e.Name} ({e.GgmlId})"));

    /// <summary>By ggml's type number; null: not read.</summary>
    public static TensorEncoding? Find(uint ggmlId) => ggmlId <= int.MaxValue ? s_byGgmlId.GetValueOrDefault((int)ggmlId) : null;

    /// <summary>By name, for example <c>BF16</c>; null: not read.</summary>
    public static TensorEncoding? Find(string name) => s_byName.GetValueOrDefault(name);

    /// <summary>For messages: what ggml calls a number that is not read (in parentheses), and why; empty where even ggml does not know it.</summary>
    public static string UnsupportedName(uint ggmlId) => ggmlId switch
    {
        4 or 5 => " (Q4_2 or Q4_3, withdrawn in 2023)",
        9 => " (Q8_1, a format of activations)",
        15 => " (Q8_K, a format of activations)",
        31 or 32 or 33 => " (Q4_0 repacked for one processor, withdrawn: use Q4_0)",
        36 or 37 or 38 => " (IQ4_NL repacked for one processor, withdrawn: use IQ4_NL)",
        40 => " (NVFP4)",
        41 => " (Q1_0)",
        42 => " (Q2_0)",
        _ => "",
    };
}
