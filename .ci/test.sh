# Sourced by ./dev for `./dev test`: the suites, and under what they are run. Every suite runs even if one before it
# failed; the summary comes last.
# shellcheck shell=bash

results=()
failed=0

# suite NAME COMMAND…: runs it, remembers how it ended and how long it took.
suite() {
  local name=$1 began=$SECONDS verdict=ok
  shift
  say "── $name"
  "$@" || verdict=FAILED
  [ $verdict = ok ] || failed=1
  results+=("$(printf '%-7s %4d s  %s' $verdict $((SECONDS - began)) "$name")")
}

summary() {
  printf '\n%s\n' "${results[@]}"
  if [ $failed = 0 ]; then echo "all passed, in $SECONDS s"; else echo "FAILED, after $SECONDS s"; fi
  return $failed
}

unit_tests() { ctest --test-dir "$1" -j "$jobs" --output-on-failure --no-tests=error "${@:2}"; }

# e2e BUILD MARKS [PYTEST-OPTION…]. Exit code 5: the pattern fits no test here; it may fit a unit test. Continuous integration
# runs what failed beside others (exit code 1) once more by itself, and says so: its machines may be busy with other things.
e2e() {
  local code=0 tests=("$python" -m pytest -o "cache_dir=$root/$1/pytest" -q tests/e2e -m "$2" "${@:3}")
  OPSLB_BUILD="$root/$1" "${tests[@]}" -n "${E2E_PROCESSES:-$jobs}" || code=$?
  if [ $code = 1 ] && [ "${CI:-}" = true ] && [ "$1" = build ]; then
    say "what failed among others, once more alone"
    code=0
    OPSLB_BUILD="$root/$1" "${tests[@]}" --last-failed -v || code=$?
  fi
  [ $code != 5 ] || [ $# = 2 ] || { say "no end-to-end test of that name"; code=0; }
  return $code
}

# sanitized PRESET SLOWNESS: unit and end-to-end tests in a build with sanitizers; SLOWNESS stretches the tests' timeouts.
sanitized() {
  local preset=$1 slowness=$2 run=(env) known
  # Debian 12's thread sanitizer cannot live with as much address randomisation as newer kernels do.
  if setarch -R true 2>/dev/null; then run=(setarch -R env); fi
  known=$root/tests/support/tsan.supp
  run+=("ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
    "UBSAN_OPTIONS=print_stacktrace=1" "OPSLB_SLOW=$slowness"
    "TSAN_OPTIONS=second_deadlock_stack=1$([ ! -e "$known" ] || echo ":suppressions=$known")")
  suite "$preset: build" build_preset "$preset"
  suite "$preset: unit tests and fuzz corpus" "${run[@]}" "$root/dev" -ctest "build-$preset" -LE source
  suite "$preset: end-to-end tests, few ways each" "${run[@]}" "$root/dev" -e2e "build-$preset" "not slow" --few-ways
}

every_suite() {
  bootstrap build test fuzz lint
  sanitized asan 3
  sanitized tsan 10
  suite "fuzzing, ${FUZZ_SECONDS:-20} s each" "$root/dev" fuzz "${FUZZ_SECONDS:-20}"
  suite "clang-tidy" "$root/dev" lint
  suite "slow end-to-end tests" e2e build slow
  if [ "$EUID" = 0 ]; then suite "Debian 12 and 13 from nothing" "$root/dev" fresh-roots; fi
}

run_tests() {
  local all=no pattern=()
  if [ "${1:-}" = --all ]; then all=yes; shift; fi
  bootstrap build test
  configure_options=(-DCMAKE_REQUIRE_FIND_PACKAGE_Catch2=ON)
  build_preset release || die "the build failed"
  if [ $# != 0 ]; then
    pattern=(-k "$1")
    suite "unit tests: $1" ctest --test-dir build -R "$1" --output-on-failure
  else
    suite "unit tests, fuzz corpus, sources" unit_tests build
  fi
  if [ -d tests/e2e ]; then suite "end-to-end tests" e2e build "not slow" ${pattern[@]+"${pattern[@]}"}; fi
  if [ $all = yes ]; then every_suite; fi
  summary
}
