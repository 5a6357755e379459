namespace ModelPack.Generator;

/// <summary>Names of the pipeline's steps; tests say of each, after each kind of edit, whether it ran again.</summary>
internal static class GeneratorSteps
{
    /// <summary>Additional files with the metadatum ModelPackKind.</summary>
    public const string Files = nameof(Files);

    /// <summary>X.shape read and checked.</summary>
    public const string ParseShape = nameof(ParseShape);

    /// <summary>X.plan read and checked.</summary>
    public const string ParsePlan = nameof(ParsePlan);

    /// <summary>Shapes whose class another one has.</summary>
    public const string Clashes = nameof(Clashes);

    /// <summary>A shape and its plan.</summary>
    public const string Pair = nameof(Pair);

    /// <summary>Plans without shape.</summary>
    public const string Orphans = nameof(Orphans);

    /// <summary>Whether the compilation has the runtime: the one look at C#, a single truth.</summary>
    public const string LookForRuntime = nameof(LookForRuntime);

    /// <summary>Runtime and language version.</summary>
    public const string Host = nameof(Host);

    /// <summary>Text of X.g.cs.</summary>
    public const string EmitSurface = nameof(EmitSurface);

    /// <summary>Text of X.Chat.g.cs.</summary>
    public const string EmitChat = nameof(EmitChat);

    /// <summary>Text of X.Forward.g.cs.</summary>
    public const string EmitForward = nameof(EmitForward);
}
