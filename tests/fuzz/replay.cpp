// Stands in for libFuzzer in the ordinary test run: hands every file of the given folder to the target once. What a
// fuzzer once found is thus tried on each run, by any compiler, with or without sanitizers.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.is_regular_file()) found.push_back(file.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

void replay(const fs::path& file) {
  std::fprintf(stderr, "%s\n", file.c_str());  // before the call, so that a crash names its file
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + file.string());
  const std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
  // A block of exactly this size, never a null one: an address sanitizer then sees the first byte read past the end.
  const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
  const std::uint8_t none = 0;
  LLVMFuzzerTestOneInput(input.empty() ? &none : input.data(), input.size());
}

}  // namespace

int main(int count, char** arguments) try {
  if (count != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", arguments[0]);
    return 2;
  }
  const auto files = files_in(arguments[1]);
  for (const auto& file : files) replay(file);
  std::printf("%zu files replayed\n", files.size());
  if (files.empty()) std::fprintf(stderr, "%s has no files to replay\n", arguments[1]);
  return files.empty() ? 1 : 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
