using ModelPack.Tasks.Items;

namespace ModelPack.Tests.Build;

public sealed class ClassNameTests
{
    [Theory]
    [InlineData("SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2135MInstruct")]
    [InlineData("stories260K.gguf", "Stories260K")]
    [InlineData("qwen2.5-0.5b-instruct-q4_k_m.gguf", "Qwen2505bInstruct")]
    [InlineData("Llama-3.2-1B-Instruct-IQ2_XXS.gguf", "Llama321BInstruct")]
    [InlineData("gemma-3-270m-it-F16.gguf", "Gemma3270mIt")]
    [InlineData("Model.i1-Q5_K_S.gguf", "Model")]
    [InlineData("gpt-oss-20b-MXFP4_MOE.gguf", "GptOss20b")]
    [InlineData("phi-UD-Q4_K_XL.gguf", "Phi")]
    [InlineData("3b model.gguf", "_3bModel")]
    [InlineData("straße über.bf16.gguf", "StraßeÜber")]
    [InlineData("noextension", "Noextension")]
    [InlineData("-Q4_0.gguf", "Q40")]
    [InlineData("---.gguf", "")]
    public void The_class_is_called_after_the_file_without_its_quantisation(string file, string name) =>
        Assert.Equal(name, ClassName.FromFile(file));

    [Theory]
    [InlineData("SmolLm2", true)]
    [InlineData("_1", true)]
    [InlineData("Größe", true)]
    [InlineData("", false)]
    [InlineData("2x", false)]
    [InlineData("a-b", false)]
    [InlineData("a.b", false)]
    [InlineData("class", false)]
    [InlineData("a b", false)]
    public void Identifiers_are_told_from_other_names(string name, bool fine) => Assert.Equal(fine, ClassName.IsIdentifier(name));

    [Theory]
    [InlineData("sample-app", "sample_app")]
    [InlineData("My.App 2.Core", "My.App_2.Core")]
    [InlineData("My.2nd", "My._2nd")]
    [InlineData("int.x", "_int.x")]
    [InlineData("", "App")]
    public void A_project_name_becomes_a_namespace(string project, string expected)
    {
        var made = ClassName.NamespaceFrom(project);
        Assert.Equal(expected, made);
        Assert.True(ClassName.IsNamespace(made));
    }
}
