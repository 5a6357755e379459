modelpack-profile 1
# Measured with: DOTNET_EnableAVX512=1 modelpack profile SmolLM2-135M-Instruct.Q4_1.gguf -o x86-64-v4.profile (a virtual machine, 27 Nov 2026). A model's speed at the start of a context; rates in 10^9 weights a second, from memory.
processor AMD EPYC (Zen 4, family 25, model 17), 2 cores, linux-x64
kernels Avx512
threads 2
stretch 1.3479
call-ns 3123.3241
escape-ns 1.206
rate 124.9784 tiled 2
rate 76.7045 tiled 3
rate 60.8066 tiled 4
rate 51.4522 tiled 5
rate 44.1824 tiled 6
rate 35.5236 tiled 7
rate 34.3961 tiled 8
rate 88.6023 tiled trellis4 2
rate 69.2368 tiled trellis4 3
rate 48.8528 tiled trellis4 4
rate 47.5642 tiled trellis4 5
rate 38.5826 tiled trellis4 6
rate 34.4814 tiled trellis4 7
rate 32.1428 tiled trellis4 8
rate 88.3267 tiled trellis8 2
rate 80.8174 tiled trellis8 3
rate 57.4972 tiled trellis8 4
rate 46.1808 tiled trellis8 5
rate 37.1986 tiled trellis8 6
rate 36.154 tiled trellis8 7
rate 34.178 tiled trellis8 8
rate 5.6888 f32
rate 5.8768 f16
rate 6.6589 bf16
rate 55.2405 g32 u4 f16
rate 49.3581 g32 u4 f16+min
rate 40.4964 g32 u5 f16
rate 38.6896 g32 u5 f16+min
rate 27.5863 g32 u8 f16
rate 64.5811 g16 u2 twolevel+min
rate 62.6603 g16 u3 twolevel
rate 54.7535 g32 u4 twolevel+min
rate 45.3168 g32 u5 twolevel+min
rate 33.5135 g16 u6 twolevel
rate 58.0058 g32 iq4 f16
rate 61.2634 g32 iq4 twolevel
rate 55.0667 g32 mxfp4 poweroftwo
rate 126.8766 g256 u2 f16
rate 20.4613 g16 u8 f32
rate 24.372 g32 u8 f32
