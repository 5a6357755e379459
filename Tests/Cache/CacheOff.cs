using System.Runtime.CompilerServices;
using ModelPack.Compiler.Cache;

namespace ModelPack.Tests.Cache;

/// <summary>Tests compile what they ask for, and leave no trace in the user's cache: it is off for this process and its children, unless a test names one of its own.</summary>
internal static class CacheOff
{
    [ModuleInitializer]
    internal static void SwitchOff() => Environment.SetEnvironmentVariable(CacheLocation.SwitchVariable, "false");
}
