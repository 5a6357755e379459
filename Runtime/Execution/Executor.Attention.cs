using ModelPack.Kernels;

namespace ModelPack.Execution;

public sealed unsafe partial class Executor
{
    // Below this many multiply-adds a decode step's attention stays on the calling thread.
    private const long ParallelAttention = 1 << 16;

    private NativeBuffer _partials = new(0);

    /// <summary>
    /// Appends the batch's keys and values to slot <paramref name="layer"/> of the KV cache and computes causal grouped-query attention:
    /// y[t, h] = softmax(scale · q[t, h]·K) V.
    /// </summary>
    /// <param name="q">[tokens, heads · KeyLength].</param>
    /// <param name="k">[tokens, kvHeads · KeyLength].</param>
    /// <param name="v">[tokens, kvHeads · ValueLength].</param>
    /// <param name="layer">Slot of the cache, 0 … CacheLayers − 1.</param>
    /// <param name="scale">Usually 1/sqrt(KeyLength).</param>
    /// <param name="window">Sliding window in positions; 0: none.</param>
    /// <param name="y">[tokens, heads · ValueLength].</param>
    public void Attention(Activations q, Activations k, Activations v, int layer, float scale, int window, Activations y)
    {
        var heads = q.Width / _shape.KeyLength;
        Require(
            (uint)layer < (uint)_shape.CacheLayers && q.Width == heads * _shape.KeyLength && heads % _shape.KvHeads == 0
            && k.Width == _shape.KvHeads * _shape.KeyLength && v.Width == _shape.KvHeads * _shape.ValueLength && y.Width == heads * _shape.ValueLength,
            nameof(Attention));
        if (Tokens == 0)
        {
            return;
        }

        _elementwise.Layer = layer;
        Run(ElementwiseOp.WriteCache, k, v, null, 0f, 4 * k.Width);
        _attention.Set(q, y, layer, scale, window);
        if (Tokens > 1)
        {
            _pool.Run(_attention, Tokens * _shape.KvHeads);
            return;
        }

        // One query: its blocks are shared out, and combined afterwards in order.
        var blocks = _attention.Blocks(FirstPosition, out _);
        var work = (long)FirstPosition * y.Width * 2;
        if (work < ParallelAttention || blocks == 1 || _pool.Threads == 1)
        {
            for (var head = 0; head < _shape.KvHeads; head++)
            {
                _attention.Run(head, 0);
            }

            return;
        }

        _attention.RunSplit();
    }

    /// <summary>Attention of a batch: one chunk per (token, key-value head), or per (block, key-value head) where there is one token.</summary>
    private sealed class AttentionJob(Executor k) : ParallelJob
    {
        private Activations _q;
        private Activations _y;
        private int _layer;
        private float _scale;
        private int _window;
        private int _heads;
        private bool _split;

        private int Partial => 2 + k.Cache.ValueStride;

        public void Set(Activations q, Activations y, int layer, float scale, int window)
        {
            _q = q;
            _y = y;
            _layer = layer;
            _scale = scale;
            _window = window;
            _heads = q.Width / k._shape.KeyLength;
            _split = false;
            k._scratch.Reserve(2 * Partial * sizeof(float));
        }

        /// <summary>Blocks that a query at <paramref name="position"/> sees, and the first position it sees.</summary>
        public int Blocks(int position, out int firstPosition)
        {
            firstPosition = _window > 0 ? Math.Max(0, position - _window + 1) : 0;
            return (position / KvCache.BlockPositions) - (firstPosition / KvCache.BlockPositions) + 1;
        }

        public void RunSplit()
        {
            var blocks = Blocks(k.FirstPosition, out _);
            var bytes = (long)blocks * _heads * Partial * sizeof(float);
            if (bytes > k._partials.Bytes)
            {
                k._partials.Dispose();
                k._partials = new(2 * bytes);
            }

            _split = true;
            k._pool.Run(this, blocks * k._shape.KvHeads);
            _split = false;
            LaneDispatch.Run(k._kernels, new CombineAction(this, blocks));
        }

        public override void Run(int chunk, int worker)
        {
            LaneDispatch.Run(k._kernels, new ChunkAction(this, chunk, worker));
        }

        private readonly struct ChunkAction(AttentionJob job, int chunk, int worker) : ILaneAction
        {
            public void Run<L>()
                where L : struct, ILanes<L> => job.Chunk<L>(chunk, worker);
        }

        private readonly struct CombineAction(AttentionJob job, int blocks) : ILaneAction
        {
            public void Run<L>()
                where L : struct, ILanes<L> => job.CombineSplit<L>(blocks);
        }

        private void Chunk<L>(int chunk, int worker)
            where L : struct, ILanes<L>
        {
            int kvHeads = k._shape.KvHeads, group = _heads / kvHeads, kvHead = chunk % kvHeads;
            if (_split)
            {
                var first = Blocks(k.FirstPosition, out var firstPosition);
                var block = (firstPosition / KvCache.BlockPositions) + (chunk / kvHeads);
                for (var head = kvHead * group; head < (kvHead + 1) * group; head++)
                {
                    OneBlock<L>(0, head, kvHead, block, firstPosition, k._partials.Floats + ((((long)(chunk / kvHeads) * _heads) + head) * Partial));
                }

                return;
            }

            var running = (float*)k._scratch.Of(worker);
            for (var head = kvHead * group; head < (kvHead + 1) * group; head++)
            {
                OneQuery<L>(chunk / kvHeads, head, kvHead, running, running + Partial);
            }
        }

        private void OneQuery<L>(int token, int head, int kvHead, float* running, float* next)
            where L : struct, ILanes<L>
        {
            var blocks = Blocks(k.FirstPosition + token, out var firstPosition);
            var firstBlock = firstPosition / KvCache.BlockPositions;
            OneBlock<L>(token, head, kvHead, firstBlock, firstPosition, running);
            for (var b = 1; b < blocks; b++)
            {
                OneBlock<L>(token, head, kvHead, firstBlock + b, firstPosition, next);
                AttentionKernel.Combine<L>(running, next, k.Cache.ValueStride);
            }

            AttentionKernel.Finish<L>(running, k._shape.ValueLength, _y.Token(token) + (head * k._shape.ValueLength));
        }

        private void OneBlock<L>(int token, int head, int kvHead, int block, int firstPosition, float* result)
            where L : struct, ILanes<L>
        {
            var start = block * KvCache.BlockPositions;
            AttentionKernel.BlockPartial<L>(
                _q.Token(token) + (head * k._shape.KeyLength),
                _scale,
                k.Cache.Keys(block, _layer, kvHead),
                k.Cache.Values(block, _layer, kvHead),
                k._shape.KeyLength,
                k.Cache.ValueStride,
                Math.Max(0, firstPosition - start),
                Math.Min(KvCache.BlockPositions, k.FirstPosition + token + 1 - start),
                result);
        }

        private void CombineSplit<L>(int blocks)
            where L : struct, ILanes<L>
        {
            for (var head = 0; head < _heads; head++)
            {
                var running = k._partials.Floats + ((long)head * Partial);
                for (var b = 1; b < blocks; b++)
                {
                    AttentionKernel.Combine<L>(running, k._partials.Floats + ((((long)b * _heads) + head) * Partial), k.Cache.ValueStride);
                }

                AttentionKernel.Finish<L>(running, k._shape.ValueLength, _y.Token(0) + (head * k._shape.ValueLength));
            }
        }
    }
}
