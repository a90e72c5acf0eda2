// Objects that are used for the length of one request and keep their memory for the next: strings, field lists. A worker
// has a shelf of each kind; `recycled` takes one from it and puts it back. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace opslb {

template <typename T>
class shelf {
 public:
  explicit shelf(std::size_t most_kept = 256) : most_kept_(most_kept) {}

  std::unique_ptr<T> take() {
    if (kept_.empty()) return std::make_unique<T>();
    std::unique_ptr<T> object = std::move(kept_.back());
    kept_.pop_back();
    return object;
  }
  void put_back(std::unique_ptr<T>&& object) {
    if (kept_.size() < most_kept_) kept_.push_back(std::move(object));
  }

 private:
  std::size_t most_kept_;
  std::vector<std::unique_ptr<T>> kept_;
};

/// An object from a shelf, as its last user left it: clear what matters. Goes back at the end of the scope.
template <typename T>
class recycled {
 public:
  explicit recycled(shelf<T>& from) : from_(from), object_(from.take()) {}
  ~recycled() { from_.put_back(std::move(object_)); }
  recycled(const recycled&) = delete;
  recycled& operator=(const recycled&) = delete;

  T& operator*() const { return *object_; }
  T* operator->() const { return object_.get(); }

 private:
  shelf<T>& from_;
  std::unique_ptr<T> object_;
};

}  // namespace opslb
