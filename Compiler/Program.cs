using ModelPack.Compiler.Cli;

// Ctrl-C and SIGTERM end the work in an orderly way: nothing half-written stays behind.
using var cancellation = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    cancellation.Cancel();
};
using var terminate = System.Runtime.InteropServices.PosixSignalRegistration.Create(
    System.Runtime.InteropServices.PosixSignal.SIGTERM,
    context =>
    {
        context.Cancel = true;
        cancellation.Cancel();
    });
return Verbs.Run(args, Console.Out, Console.Error, cancellation.Token);
