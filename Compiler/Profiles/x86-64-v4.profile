modelpack-profile 1
# Measured with: DOTNET_EnableAVX512=1 modelpack profile SmolLM2-135M-Instruct.Q4_1.gguf -o x86-64-v4.profile (a virtual machine, 27 Nov 2026). A model's speed at the start of a context; rates in 10^9 weights a second, from memory.
processor AMD EPYC (Zen 4, family 25, model 17), 2 cores, linux-x64
kernels Avx512
threads 2
stretch 1.3742
call-ns 2653.5575
escape-ns 1.0175
rate 140.0318 tiled 2
rate 93.1401 tiled 3
rate 71.5843 tiled 4
rate 56.6138 tiled 5
rate 47.7008 tiled 6
rate 41.651 tiled 7
rate 36.6709 tiled 8
rate 91.4431 tiled trellis4 2
rate 86.8451 tiled trellis4 3
rate 69.3421 tiled trellis4 4
rate 53.0067 tiled trellis4 5
rate 44.6729 tiled trellis4 6
rate 40.346 tiled trellis4 7
rate 36.7032 tiled trellis4 8
rate 91.6398 tiled trellis8 2
rate 86.9436 tiled trellis8 3
rate 69.5907 tiled trellis8 4
rate 51.8594 tiled trellis8 5
rate 45.0211 tiled trellis8 6
rate 39.7403 tiled trellis8 7
rate 36.4661 tiled trellis8 8
rate 5.8183 f32
rate 6.2361 f16
rate 6.9634 bf16
rate 80.7227 g32 u4 f16
rate 61.3109 g32 u4 f16+min
rate 59.7138 g32 u5 f16
rate 48.8045 g32 u5 f16+min
rate 32.353 g32 u8 f16
rate 70.7352 g16 u2 twolevel+min
rate 73.6694 g16 u3 twolevel
rate 61.0779 g32 u4 twolevel+min
rate 48.8361 g32 u5 twolevel+min
rate 39.8939 g16 u6 twolevel
rate 62.7455 g32 iq4 f16
rate 65.7146 g32 iq4 twolevel
rate 63.9356 g32 mxfp4 poweroftwo
rate 144.8518 g256 u2 f16
rate 25.5961 g16 u8 f32
rate 30.1218 g32 u8 f32
