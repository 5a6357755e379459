using ModelPack.Tasks;
using Task = System.Threading.Tasks.Task;

namespace ModelPack.Tests.Build;

public sealed class OutputLockTests
{
    [Fact]
    public async Task A_second_build_waits_until_the_first_is_done()
    {
        using var folder = new TemporaryFolder();
        var waits = new TaskCompletionSource();
        var first = OutputLock.Enter(folder["x.lock"], CancellationToken.None, () => Assert.Fail("nobody else is there"));
        var second = Task.Run(() => OutputLock.Enter(folder["x.lock"], CancellationToken.None, waits.SetResult));
        await waits.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.False(second.IsCompleted);

        first!.Dispose();
        using var turn = await second.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.NotNull(turn);
    }

    [Fact]
    public void A_cancelled_build_does_not_wait()
    {
        using var folder = new TemporaryFolder();
        using var first = OutputLock.Enter(folder["x.lock"], CancellationToken.None, () => { });
        using var cancelled = new CancellationTokenSource();
        Assert.Null(OutputLock.Enter(folder["x.lock"], cancelled.Token, cancelled.Cancel));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_an_error_and_no_endless_wait() =>
        Assert.Throws<DirectoryNotFoundException>(() => OutputLock.Enter("/nowhere/at/all/x.lock", CancellationToken.None, () => { }));
}
