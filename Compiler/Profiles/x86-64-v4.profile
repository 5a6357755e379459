modelpack-profile 1
# Measured with: DOTNET_EnableAVX512=1 modelpack profile SmolLM2-135M-Instruct.Q4_1.gguf -o x86-64-v4.profile (a virtual machine, 27 Nov 2026). A model's speed at the start of a context; rates in 10^9 weights a second, from memory.
processor AMD EPYC (Zen 4, family 25, model 17), 2 cores, linux-x64
kernels Avx512
threads 2
stretch 1.4549
call-ns 1246.7046
escape-ns 1.0949
rate 136.2143 tiled 2
rate 89.4356 tiled 3
rate 73.9698 tiled 4
rate 70.9362 tiled 5
rate 58.7709 tiled 6
rate 39.3345 tiled 7
rate 35.862 tiled 8
rate 90.848 tiled trellis4 2
rate 84.5964 tiled trellis4 3
rate 69.3709 tiled trellis4 4
rate 51.1452 tiled trellis4 5
rate 43.5456 tiled trellis4 6
rate 38.7869 tiled trellis4 7
rate 35.2433 tiled trellis4 8
rate 91.0721 tiled trellis8 2
rate 85.1182 tiled trellis8 3
rate 67.9504 tiled trellis8 4
rate 49.9882 tiled trellis8 5
rate 43.956 tiled trellis8 6
rate 39.556 tiled trellis8 7
rate 36.1427 tiled trellis8 8
rate 5.7726 f32
rate 6.1757 f16
rate 6.9369 bf16
rate 64.3233 g32 u4 f16
rate 52.0319 g32 u4 f16+min
rate 50.5952 g32 u5 f16
rate 41.6077 g32 u5 f16+min
rate 30.6758 g32 u8 f16
rate 67.2255 g16 u2 twolevel+min
rate 71.9554 g16 u3 twolevel
rate 59.2159 g32 u4 twolevel+min
rate 48.0067 g32 u5 twolevel+min
rate 38.285 g16 u6 twolevel
rate 62.1648 g32 iq4 f16
rate 64.1563 g32 iq4 twolevel
rate 63.611 g32 mxfp4 poweroftwo
rate 137.5923 g256 u2 f16
rate 24.7565 g16 u8 f32
rate 28.8939 g32 u8 f32
