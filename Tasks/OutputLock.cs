using System;
using System.IO;
using System.Threading;

namespace ModelPack.Tasks;

/// <summary>Keeps two builds from writing the same outputs at once: a file held open without sharing, freed by the system even when a build is killed.</summary>
internal static class OutputLock
{
    /// <summary>Waits for its turn; null when cancelled.</summary>
    /// <param name="onWait">Called once, before waiting.</param>
    public static IDisposable? Enter(string path, CancellationToken cancelled, Action onWait)
    {
        for (var waited = false; !cancelled.IsCancellationRequested; waited = true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (IsHeldByAnother(e))
            {
                if (!waited)
                {
                    onWait();
                }

                cancelled.WaitHandle.WaitOne(100);
            }
        }

        return null;
    }

    /// <summary>Sharing or lock violation on Windows, EWOULDBLOCK on Linux and macOS; everything else (a full or read-only disk) is an error.</summary>
    private static bool IsHeldByAnother(IOException e) => (e.HResult & 0xFFFF) is 32 or 33 or 11 or 35;
}
