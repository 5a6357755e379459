using ModelPack.Kernels;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>Work on the tokens [first, end), written once over the 16 lanes.</summary>
internal interface IRowKernel
{
    void Run<L>(int first, int end)
        where L : struct, ILanes<L>;
}

internal static class RowRange
{
    public static void Run<K>(KernelSet kernels, K kernel, int first, int end)
        where K : struct, IRowKernel => LaneDispatch.Run(kernels, new Action<K>(kernel, first, end));

    private readonly struct Action<K>(K kernel, int first, int end) : ILaneAction
        where K : struct, IRowKernel
    {
        public void Run<L>()
            where L : struct, ILanes<L> => kernel.Run<L>(first, end);
    }
}
