using ModelPack.Compiler.Calibration.Engine;

namespace ModelPack.Compiler.Calibration;

internal static class WindowTokens
{
    /// <summary>The token after each position of a window; −1 behind its last one.</summary>
    public static int[] Next(WindowSet windows, int window, int first, int count)
    {
        var next = new int[count];
        for (var i = 0; i < count; i++)
        {
            var position = first + i + 1;
            next[i] = position < windows.Length ? windows.Ids[(window * windows.Length) + position] : -1;
        }

        return next;
    }
}
