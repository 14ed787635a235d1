#!/usr/bin/env bash
# Builds llama.cpp's server for the processor, from the source package of llama-cpp-python: `npm run test:local` runs against it.
# Needs python3 with pip, cmake, and a C++ compiler; takes a quarter of an hour on one core. What is there already is kept.
# JOBS sets how many compilers run at once, SIGNALBOX_LLAMA_FOLDER where everything goes.
set -euo pipefail
version=0.3.36
here=$(cd "$(dirname "$0")/.." && pwd)
folder=${SIGNALBOX_LLAMA_FOLDER:-$here/.signalbox/llama}
mkdir -p "$folder"
cd "$folder"

archive=llama_cpp_python-$version.tar.gz
[[ -f $archive ]] || python3 -m pip download --no-deps --no-binary llama-cpp-python "llama-cpp-python==$version"
[[ -d llama_cpp_python-$version ]] || tar xzf "$archive"

generator=()
command -v ninja >/dev/null && generator=(-G Ninja)
# The model of the tests is tiny, so the compiler's time counts and not the program's; no web page, no TLS, no downloads of models.
nice -n 15 cmake -S "llama_cpp_python-$version/vendor/llama.cpp" -B build "${generator[@]}" \
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DCMAKE_C_FLAGS_RELEASE=-O2 \
  -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF -DGGML_LLAMAFILE=OFF -DGGML_CCACHE=OFF \
  -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF \
  -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF
nice -n 15 cmake --build build --target llama-server --parallel "${JOBS:-1}"
cp build/bin/llama-server llama-server
./llama-server --version
echo "built $folder/llama-server"
