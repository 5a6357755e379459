namespace ModelPack.Tests.Build;

/// <summary>Where this checkout and its build outputs lie.</summary>
internal static class Repository
{
    /// <summary>The folder of ModelPack.sln.</summary>
    public static string Root { get; } = Locate();

    /// <summary>Debug or Release, as the running tests were built.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    /// <summary>An assembly that a project of this repository has been built to.</summary>
    public static string Assembly(string project, string framework, string name) => Path(project, "bin", Configuration, framework, name);

    private static string Locate()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "ModelPack.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"ModelPack.sln is in no folder above '{AppContext.BaseDirectory}'");
    }
}
