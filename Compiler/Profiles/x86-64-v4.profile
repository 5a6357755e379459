modelpack-profile 1
# Measured with: DOTNET_EnableAVX512=1 modelpack profile SmolLM2-135M-Instruct.Q4_1.gguf -o x86-64-v4.profile (a virtual machine, 27 Nov 2026). A model's speed at the start of a context; rates in 10^9 weights a second, from memory.
processor AMD EPYC (Zen 4, family 25, model 17), 2 cores, linux-x64
kernels Avx512
threads 2
stretch 1.1467
call-ns 4378.1346
escape-ns 0.9277
rate 112.12 tiled 2
rate 76.9996 tiled 3
rate 59.6612 tiled 4
rate 48.9236 tiled 5
rate 40.3288 tiled 6
rate 34.77 tiled 7
rate 31.9449 tiled 8
rate 76.4325 tiled trellis4 2
rate 66.7489 tiled trellis4 3
rate 55.603 tiled trellis4 4
rate 45.6416 tiled trellis4 5
rate 38.3794 tiled trellis4 6
rate 35.2238 tiled trellis4 7
rate 33.2558 tiled trellis4 8
rate 90.0991 tiled trellis8 2
rate 81.4186 tiled trellis8 3
rate 64.1729 tiled trellis8 4
rate 48.5734 tiled trellis8 5
rate 41.4751 tiled trellis8 6
rate 36.728 tiled trellis8 7
rate 34.4756 tiled trellis8 8
rate 6.4475 f32
rate 7.5509 f16
rate 8.4612 bf16
rate 61.8965 g32 u4 f16
rate 49.2241 g32 u4 f16+min
rate 46.6414 g32 u5 f16
rate 39.343 g32 u5 f16+min
rate 29.546 g32 u8 f16
rate 64.3527 g16 u2 twolevel+min
rate 68.3122 g16 u3 twolevel
rate 56.0695 g32 u4 twolevel+min
rate 45.188 g32 u5 twolevel+min
rate 36.4439 g16 u6 twolevel
rate 49.3831 g32 iq4 f16
rate 52.8453 g32 iq4 twolevel
rate 61.7307 g32 mxfp4 poweroftwo
rate 110.2427 g256 u2 f16
rate 23.4852 g16 u8 f32
rate 23.515 g32 u8 f32
