using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Kernels;

/// <summary>Work that is generic over the lanes it runs on. A struct, so that the compiler specialises it per rung.</summary>
internal interface ILaneAction
{
    void Run<L>()
        where L : struct, ILanes<L>;
}

/// <summary>
/// Runs float work on the lanes of a rung: the one place that knows which struct belongs to which <see cref="KernelSet"/>.
/// The guards are constants where a binary was compiled without an instruction set: that rung is not in it.
/// </summary>
internal static class LaneDispatch
{
    public static void Run<A>(KernelSet kernels, A action)
        where A : struct, ILaneAction
    {
        switch (kernels)
        {
            case KernelSet.Avx512 when Avx512BW.IsSupported:
                action.Run<Avx512Lanes>();
                break;
            case KernelSet.AvxVnni or KernelSet.Avx2 when Avx2.IsSupported:
                action.Run<Avx2Lanes>();
                break;
            case KernelSet.AdvSimd when AdvSimd.IsSupported:
                action.Run<AdvSimdLanes>();
                break;
            default:
                action.Run<ScalarLanes>();
                break;
        }
    }
}
