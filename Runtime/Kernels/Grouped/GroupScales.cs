using System.Runtime.CompilerServices;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>
/// Walks the scales in front of a unit's codes (<see cref="GroupedLayout"/>): after <see cref="Read"/> the scale and minimum of the unit's
/// (one or two) groups of columns for 16 rows, as exact floats.
/// </summary>
internal unsafe struct GroupScales<L, F>
    where L : struct, ILanes<L>
    where F : struct, IGroupedForm
{
    private L _super;
    private L _superMinimum;

    public L Scale0;
    public L Scale1;
    public L Minimum0;
    public L Minimum1;

    /// <summary>Reads the header of unit <paramref name="unit"/> at <paramref name="p"/> and returns where its codes begin.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Read(byte* p, int unit)
    {
        if (F.Scale == ScaleKind.TwoLevel && (unit & 7) == 0)
        {
            _super = L.LoadF16((ushort*)p);
            p += 32;
            if (F.HasMinimum)
            {
                _superMinimum = L.LoadF16((ushort*)p);
                p += 32;
            }
        }

        if (F.GroupColumns > 32 && unit % (F.GroupColumns / 32) != 0)
        {
            return p;
        }

        Scale0 = Load(ref p, _super);
        if (F.HasMinimum)
        {
            Minimum0 = Load(ref p, _superMinimum);
        }

        if (F.GroupColumns == 16)
        {
            Scale1 = Load(ref p, _super);
            if (F.HasMinimum)
            {
                Minimum1 = Load(ref p, _superMinimum);
            }
        }

        return p;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L Load(ref byte* p, L super)
    {
        var at = p;
        if (F.Scale == ScaleKind.F16)
        {
            p += 32;
            return L.LoadF16((ushort*)at);
        }

        if (F.Scale == ScaleKind.F32)
        {
            p += 64;
            return L.Load((float*)at);
        }

        p += 16;
        return F.Scale == ScaleKind.TwoLevel ? L.Multiply(super, L.LoadSByte((sbyte*)at)) : L.LoadPowerOfTwo(at);
    }
}
