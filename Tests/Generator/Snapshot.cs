using System.Runtime.CompilerServices;

namespace ModelPack.Tests.Generator;

/// <summary>Compares a text with the committed one beside the test; with MODELPACK_UPDATE_SNAPSHOTS=1 it writes it instead.</summary>
internal static class Snapshot
{
    public static void Matches(string name, string actual, [CallerFilePath] string test = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(test)!, "Snapshots", name + ".verified.txt");
        if (Environment.GetEnvironmentVariable("MODELPACK_UPDATE_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"'{path}' does not exist; run once with MODELPACK_UPDATE_SNAPSHOTS=1, read it, commit it.");
        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), actual);
    }
}
