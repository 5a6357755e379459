namespace ModelPack.Compiler;

internal static partial class CompilerCodes
{
    /// <summary>A warning: the chat template is no Jinja, or beyond the part of it that is translated. (With run --chat an error.)</summary>
    public const string ChatTemplateUnsupported = "MP2301";
}
