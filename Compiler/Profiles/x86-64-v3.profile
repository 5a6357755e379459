modelpack-profile 1
# Measured with: DOTNET_EnableAVX512=0 modelpack profile SmolLM2-135M-Instruct.Q4_1.gguf -o x86-64-v3.profile (a virtual machine, 27 Nov 2026). A model's speed at the start of a context; rates in 10^9 weights a second, from memory.
processor AMD EPYC (Zen 4, family 25, model 17), 2 cores, linux-x64
kernels Avx2
threads 2
stretch 1.3285
call-ns 1252.6742
escape-ns 0.9117
rate 134.7012 tiled 2
rate 85.9081 tiled 3
rate 71.8369 tiled 4
rate 56.9684 tiled 5
rate 47.877 tiled 6
rate 41.3697 tiled 7
rate 36.7048 tiled 8
rate 68.7497 tiled trellis4 2
rate 66.4077 tiled trellis4 3
rate 53.5241 tiled trellis4 4
rate 52.6394 tiled trellis4 5
rate 43.26 tiled trellis4 6
rate 37.8857 tiled trellis4 7
rate 33.0114 tiled trellis4 8
rate 68.0402 tiled trellis8 2
rate 66.4415 tiled trellis8 3
rate 53.5584 tiled trellis8 4
rate 54.3006 tiled trellis8 5
rate 43.7061 tiled trellis8 6
rate 37.4682 tiled trellis8 7
rate 32.6757 tiled trellis8 8
rate 6.3957 f32
rate 7.1991 f16
rate 7.8306 bf16
rate 64.1545 g32 u4 f16
rate 52.8474 g32 u4 f16+min
rate 49.5754 g32 u5 f16
rate 41.9921 g32 u5 f16+min
rate 31.0243 g32 u8 f16
rate 62.3389 g16 u2 twolevel+min
rate 64.1805 g16 u3 twolevel
rate 60.4519 g32 u4 twolevel+min
rate 46.6002 g32 u5 twolevel+min
rate 38.2506 g16 u6 twolevel
rate 60.5371 g32 iq4 f16
rate 65.4244 g32 iq4 twolevel
rate 61.7862 g32 mxfp4 poweroftwo
rate 126.8865 g256 u2 f16
rate 25.3351 g16 u8 f32
rate 27.406 g32 u8 f32
