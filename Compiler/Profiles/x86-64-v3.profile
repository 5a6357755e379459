modelpack-profile 1
# Measured with: DOTNET_EnableAVX512=0 modelpack profile SmolLM2-135M-Instruct.Q4_1.gguf -o x86-64-v3.profile (a virtual machine, 27 Nov 2026). A model's speed at the start of a context; rates in 10^9 weights a second, from memory.
processor AMD EPYC (Zen 4, family 25, model 17), 2 cores, linux-x64
kernels Avx2
threads 2
stretch 1.1926
call-ns 2789.1984
escape-ns 1.0518
rate 134.1086 tiled 2
rate 86.2316 tiled 3
rate 71.157 tiled 4
rate 57.4359 tiled 5
rate 47.3744 tiled 6
rate 42.1824 tiled 7
rate 36.2494 tiled 8
rate 68.7754 tiled trellis4 2
rate 66.376 tiled trellis4 3
rate 53.3701 tiled trellis4 4
rate 53.6534 tiled trellis4 5
rate 43.2785 tiled trellis4 6
rate 37.5743 tiled trellis4 7
rate 32.5295 tiled trellis4 8
rate 68.7298 tiled trellis8 2
rate 66.3621 tiled trellis8 3
rate 53.3206 tiled trellis8 4
rate 52.9039 tiled trellis8 5
rate 43.1128 tiled trellis8 6
rate 37.6632 tiled trellis8 7
rate 32.813 tiled trellis8 8
rate 6.6752 f32
rate 7.5669 f16
rate 8.1145 bf16
rate 64.7366 g32 u4 f16
rate 54.2907 g32 u4 f16+min
rate 49.7432 g32 u5 f16
rate 43.7381 g32 u5 f16+min
rate 30.7691 g32 u8 f16
rate 63.7528 g16 u2 twolevel+min
rate 66.0462 g16 u3 twolevel
rate 60.4796 g32 u4 twolevel+min
rate 45.4515 g32 u5 twolevel+min
rate 38.8155 g16 u6 twolevel
rate 60.4072 g32 iq4 f16
rate 63.9926 g32 iq4 twolevel
rate 63.399 g32 mxfp4 poweroftwo
rate 128.2673 g256 u2 f16
rate 25.7592 g16 u8 f32
rate 28.1563 g32 u8 f32
