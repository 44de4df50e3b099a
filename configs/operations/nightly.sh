#!/bin/sh
# One night: score, once more where that can help, then review what earlier lists promised.
#   CLV_ML_CONFIG         config of the job (needed)
#   CLV_ML                the command; clv-ml on the PATH by default
#   CLV_ML_ALERT          command that is given one line of text when somebody should look; none by default
#   CLV_ML_RETRY_SECONDS  pause before the second try; 600 by default
# Progress goes to stderr as JSON lines, results to stdout. The exit code is that of the scoring.
set -u
: "${CLV_ML_CONFIG:?is not set: the config of the job}"

run() {
    "${CLV_ML:-clv-ml}" "$@" --config "$CLV_ML_CONFIG" --json
}

alert() {
    if [ -n "${CLV_ML_ALERT:-}" ]; then
        "$CLV_ML_ALERT" "$1"
    fi
}

run score
code=$?
case $code in
0 | 2 | 3 | 4) ;; # done, or a second try would end the same way
130 | 143) exit "$code" ;; # somebody has stopped it
*)
    sleep "${CLV_ML_RETRY_SECONDS:-600}"
    run score
    code=$?
    ;;
esac

case $code in
0) ;;
2) alert "clv-ml score: the config, an argument or the environment is wrong (exit code 2)" ;;
3) alert "clv-ml score: the data were refused, the list of before stays (exit code 3)" ;;
4) alert "clv-ml score: there is no model, run clv-ml train (exit code 4)" ;;
*) alert "clv-ml score: failed twice (exit code $code)" ;;
esac

# the list is out; a review that fails is worth a look and changes nothing about it
if [ "$code" -eq 0 ]; then
    run review || alert "clv-ml review: exit code $?"
fi
exit "$code"
