modelpack-profile 1
# Measured with: DOTNET_EnableAVX512=0 modelpack profile SmolLM2-135M-Instruct.Q4_1.gguf -o x86-64-v3.profile (a virtual machine, 27 Nov 2026). A model's speed at the start of a context; rates in 10^9 weights a second, from memory.
processor AMD EPYC (Zen 4, family 25, model 17), 2 cores, linux-x64
kernels Avx2
threads 2
stretch 1
call-ns 4006.8203
escape-ns 3.651
rate 115.4268 tiled 2
rate 80.6677 tiled 3
rate 60.2622 tiled 4
rate 51.6789 tiled 5
rate 38.7206 tiled 6
rate 35.6057 tiled 7
rate 32.6336 tiled 8
rate 53.3181 tiled trellis4 2
rate 52.0249 tiled trellis4 3
rate 42.1665 tiled trellis4 4
rate 42.1852 tiled trellis4 5
rate 34.466 tiled trellis4 6
rate 29.8636 tiled trellis4 7
rate 26.3541 tiled trellis4 8
rate 65.8712 tiled trellis8 2
rate 64.2268 tiled trellis8 3
rate 42.3226 tiled trellis8 4
rate 42.6767 tiled trellis8 5
rate 34.4596 tiled trellis8 6
rate 30.9328 tiled trellis8 7
rate 30.7925 tiled trellis8 8
rate 5.4589 f32
rate 6.5446 f16
rate 6.9085 bf16
rate 56.8537 g32 u4 f16
rate 47.9061 g32 u4 f16+min
rate 42.3022 g32 u5 f16
rate 38.5629 g32 u5 f16+min
rate 25.8322 g32 u8 f16
rate 52.0897 g16 u2 twolevel+min
rate 60.5648 g16 u3 twolevel
rate 53.4741 g32 u4 twolevel+min
rate 38.5846 g32 u5 twolevel+min
rate 33.9339 g16 u6 twolevel
rate 48.1102 g32 iq4 f16
rate 50.9385 g32 iq4 twolevel
rate 58.2784 g32 mxfp4 poweroftwo
rate 125.096 g256 u2 f16
rate 21.7698 g16 u8 f32
rate 24.0264 g32 u8 f32
