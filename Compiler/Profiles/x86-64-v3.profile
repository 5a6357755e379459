modelpack-profile 1
# Measured with: DOTNET_EnableAVX512=0 modelpack profile SmolLM2-135M-Instruct.Q4_1.gguf -o x86-64-v3.profile (a virtual machine, 27 Nov 2026). A model's speed at the start of a context; rates in 10^9 weights a second, from memory.
processor AMD EPYC (Zen 4, family 25, model 17), 2 cores, linux-x64
kernels Avx2
threads 2
stretch 1.3388
call-ns 3411.8965
escape-ns 0.9188
rate 128.0562 tiled 2
rate 77.3185 tiled 3
rate 65.6184 tiled 4
rate 54.5532 tiled 5
rate 44.0898 tiled 6
rate 37.9158 tiled 7
rate 34.6802 tiled 8
rate 68.1938 tiled trellis4 2
rate 65.4742 tiled trellis4 3
rate 52.1544 tiled trellis4 4
rate 50.8379 tiled trellis4 5
rate 41.9322 tiled trellis4 6
rate 36.2198 tiled trellis4 7
rate 30.1644 tiled trellis4 8
rate 67.2225 tiled trellis8 2
rate 66.2078 tiled trellis8 3
rate 52.6363 tiled trellis8 4
rate 52.5483 tiled trellis8 5
rate 42.6151 tiled trellis8 6
rate 36.9824 tiled trellis8 7
rate 32.3682 tiled trellis8 8
rate 6.2046 f32
rate 7.2801 f16
rate 7.8256 bf16
rate 56.2298 g32 u4 f16
rate 50.0391 g32 u4 f16+min
rate 47.8544 g32 u5 f16
rate 39.1735 g32 u5 f16+min
rate 29.1801 g32 u8 f16
rate 59.473 g16 u2 twolevel+min
rate 62.1373 g16 u3 twolevel
rate 58.7412 g32 u4 twolevel+min
rate 45.0413 g32 u5 twolevel+min
rate 35.0736 g16 u6 twolevel
rate 56.8992 g32 iq4 f16
rate 52.0358 g32 iq4 twolevel
rate 58.4748 g32 mxfp4 poweroftwo
rate 123.7164 g256 u2 f16
rate 24.2921 g16 u8 f32
rate 26.8678 g32 u8 f32
