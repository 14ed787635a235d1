#!/usr/bin/env bash
# The steps of the action: `gate.sh check`, `test` or `simulate`, in the root of what was checked out. Also of use by hand, or in
# another CI with bash 4.4 or newer: inputs are the variables that action.yml sets.
set -euo pipefail

read -r -a signalbox <<<"${SIGNALBOX:-npx --yes signalbox}"
policies=${POLICIES:-policies}
policies=${policies%/}
config=${CONFIG:-}
for place in "$policies/signalbox.yaml" signalbox.yaml; do
  if [[ -z $config && -f $place ]]; then config=$place; fi
done
configured=()
if [[ -n $config ]]; then configured=(--config "$config"); fi

# Adds to the job's summary, or prints where there is none. /dev/stdout, opened anew, would begin at the start of a file again.
summarise() {
  if [[ -n ${GITHUB_STEP_SUMMARY:-} ]]; then cat >>"$GITHUB_STEP_SUMMARY"
  else cat; fi
}

# An annotation of a file: workflow commands take % and line feeds by their numbers.
annotate() {
  local text=${2//'%'/'%25'}
  echo "::error file=$1::${text//$'\n'/'%0A'}"
}

# The non-empty lines of a text, into the array `lines`.
lines_of() {
  lines=()
  local line
  while IFS= read -r line; do
    line=${line%$'\r'}
    if [[ $line == *[![:space:]]* ]]; then lines+=("$line"); fi
  done <<<"$1"
}

# The commit that policies are held against; empty where there is none. What git says of that goes to $work/git.
base_of() {
  local base=${BASE:-HEAD^1}
  {
    if ! git rev-parse --verify --quiet "$base^{commit}"; then
      if [[ -n ${BASE:-} && $BASE != -* ]] && git remote get-url origin >/dev/null && git fetch --quiet --depth=1 origin "$BASE"; then
        git rev-parse --verify --quiet "FETCH_HEAD^{commit}"
      fi
    fi
  } 2>"$work/git"
}

# Whether a policy may decide otherwise than before: it was changed, or the configuration was, or what it uses.
touched() {
  local base=$1 file=$2 depth=${3:-0} used
  if ! git diff --quiet "$base" -- "$file"; then return 0; fi
  if [[ -n $config ]] && ! git diff --quiet "$base" -- "$config"; then return 0; fi
  while IFS= read -r used; do
    used=$(dirname "$file")/$used
    if [[ $depth -lt 8 && -f $used ]] && touched "$base" "$used" $((depth + 1)); then return 0; fi
  done < <(sed -n 's/^[[:space:]]*use[[:space:]]*"\([^"]*\)".*/\1/p' "$file")
  return 1
}

# Simulates one policy, alone or against its version before; tells what came of it, and returns 1 where a condition failed.
simulate_one() {
  local file=$1 before=$2 name code=0 failed
  name=$(basename "$file" .policy)
  local command=("${signalbox[@]}" simulate "${log[@]}" "${configured[@]}" "${arguments[@]}")
  if [[ -n $before ]]; then command+=(--policy "$before" --against "$file" "${conditions[@]}")
  else command+=(--policy "$file"); fi
  # Behind what ARGUMENTS say, so that the report is there whatever they want of stdout.
  command+=(--markdown "$work/report.md")
  rm -f "$work/report.md"
  "${command[@]}" >"$work/out" 2>"$work/err" || code=$?
  if grep -q 'is a library: it has no rules to run' "$work/err"; then return 0; fi
  cat "$work/err" >&2
  failed=$(sed -n 's/^failed: //p' "$work/err")
  {
    if [[ -n $before ]]; then echo "### \`$name\`, against ${base:0:12}"
    else echo "### \`$name\`, which is new"; fi
    echo
    if [[ -s $work/report.md ]]; then cat "$work/report.md"
    else
      echo '````text'
      head -c 20000 "$work/err"
      echo
      echo '````'
    fi
    echo
  } | summarise
  if [[ $code -eq 0 ]]; then return 0; fi
  annotate "$file" "${failed:-$(head -c 2000 "$work/err")}"
  return 1
}

simulate_all() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  lines_of "${LOG:-}"
  log=("${lines[@]}")
  if [[ ${#log[@]} -eq 0 ]]; then
    echo "LOG names no traffic log" >&2
    return 2
  fi
  lines_of "${FAIL_IF:-}"
  conditions=()
  for line in "${lines[@]}"; do conditions+=(--fail-if "$line"); done
  read -r -a arguments <<<"${ARGUMENTS:-}"
  base=$(base_of)
  if [[ -z $base ]]; then
    local why
    why=$(sed -n '1s/^[a-z]*: \(.*\)/ (git: \1)/p' "$work/git")
    echo "there is no commit ${BASE:-before this one} to hold policies against: check out with fetch-depth 2, or name a base$why" >&2
    return 2
  fi
  mkdir "$work/before"
  # As files, since a policy uses others by their paths. A base without the folder has none.
  git archive "$base" "$policies" 2>/dev/null | tar -x -C "$work/before" 2>/dev/null || true
  local result=0 count=0 file
  for file in "$policies"/*.policy; do
    if [[ ! -f $file ]]; then continue; fi
    local before=$work/before/$file
    if [[ ! -f $before ]]; then before=
    elif ! touched "$base" "$file"; then continue; fi
    count=$((count + 1))
    simulate_one "$file" "$before" || result=1
  done
  if [[ $count -eq 0 ]]; then echo "No policy is touched since ${base:0:12}." | summarise; fi
  return "$result"
}

case ${1:-} in
  check) "${signalbox[@]}" check "$policies" "${configured[@]}" --format github ;;
  test) "${signalbox[@]}" test "$policies" "${configured[@]}" ;;
  simulate) simulate_all ;;
  *)
    echo "usage: gate.sh check|test|simulate" >&2
    exit 2
    ;;
esac
