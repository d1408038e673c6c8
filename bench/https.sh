#!/bin/sh
# Keep-alive HTTPS, small JSON reply, one core each: Ringwall's server and nginx serving a static
# file, the same certificate and cipher, the same load, in the same run. Prints requests per second
# of each and the ratio. Server on core 0, load generator (wrk) on core 1. On a machine that does
# other work as well, the figure per second of the server's own processor time is the one to trust.
#
#   bench/https.sh [path of rw_http_bench] [seconds] [rounds]
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
program=${1:-$root/build/bench/rw_http_bench}
seconds=${2:-5}
rounds=${3:-3}
connections=64

for tool in wrk nginx openssl taskset; do
  command -v "$tool" >/dev/null || { echo "https.sh needs \`$tool\`: apt-get install wrk nginx-light openssl util-linux" >&2; exit 1; }
done
[ -x "$program" ] || { echo "\`$program\` is missing: cmake --preset bench && ninja -C build/bench rw_http_bench" >&2; exit 1; }

work=$(mktemp -d)
ours=
nginx_pid=
clean() {
  [ -z "$ours" ] || kill "$ours" 2>/dev/null || true
  [ -z "$nginx_pid" ] || kill "$nginx_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null

mkdir "$work/site"
chmod 755 "$work" "$work/site"
printf '%s' '{"Account":"111122223333","Arn":"arn:aws:iam::111122223333:user/alice","UserId":"AIDAEXAMPLE"}' >"$work/site/index.json"

taskset -c 0 "$program" --serve "$work/cert.pem" "$work/key.pem" >"$work/port" &
ours=$!
while [ ! -s "$work/port" ]; do kill -0 "$ours"; done
ours_port=$(cat "$work/port")

# nginx cannot tell which port the system chose for it, so free ones are tried.
start_nginx() {
  for try in 1 2 3 4 5 6 7 8; do
    nginx_port=$((20000 + ($$ * 7 + try * 1009) % 30000))
    cat >"$work/nginx.conf" <<CONF
worker_processes 1;
daemon off;
error_log $work/error.log;
pid $work/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nodelay on;
  keepalive_requests 100000000;
  open_file_cache max=10;
  types { application/json json; }
  client_body_temp_path $work/tmp; proxy_temp_path $work/tmp; fastcgi_temp_path $work/tmp;
  uwsgi_temp_path $work/tmp; scgi_temp_path $work/tmp;
  server {
    listen 127.0.0.1:$nginx_port ssl;
    ssl_certificate $work/cert.pem;
    ssl_certificate_key $work/key.pem;
    ssl_protocols TLSv1.3;
    ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
    root $work/site;
  }
}
CONF
    taskset -c 0 nginx -c "$work/nginx.conf" 2>>"$work/error.log" &
    nginx_pid=$!
    while kill -0 "$nginx_pid" 2>/dev/null; do
      if curl -skf -o /dev/null "https://127.0.0.1:$nginx_port/index.json"; then return 0; fi
    done
  done
  cat "$work/error.log" >&2
  return 1
}
start_nginx

# Processor time of a process so far, user and system.
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }

load() {
  before=$(ticks "$2")
  taskset -c 1 wrk -t1 -c"$connections" -d"${seconds}s" "$1" >"$work/wrk"
  after=$(ticks "$2")
  if grep -q 'Non-2xx\|Socket errors' "$work/wrk"; then cat "$work/wrk" >&2; return 1; fi
  awk -v ticks=$((after - before)) -v hertz="$(getconf CLK_TCK)" \
    '/requests in/ {total = $1} /Requests\/sec/ {print $2, total / (ticks / hertz)}' "$work/wrk"
}

taskset -c 1 wrk -t1 -c"$connections" -d1s "https://127.0.0.1:$ours_port/index.json" >/dev/null
taskset -c 1 wrk -t1 -c"$connections" -d1s "https://127.0.0.1:$nginx_port/index.json" >/dev/null
nginx_worker=$(cat "/proc/$nginx_pid/task/$nginx_pid/children" | tr -d ' ')
round=1
while [ "$round" -le "$rounds" ]; do
  a=$(load "https://127.0.0.1:$ours_port/index.json" "$ours")
  b=$(load "https://127.0.0.1:$nginx_port/index.json" "$nginx_worker")
  echo "$a $b" | awk -v round="$round" '{printf "round %d: ringwall %.0f/s (%.0f per processor second)  nginx %.0f/s (%.0f)  ratio %.2f (%.2f)\n", round, $1, $2, $3, $4, $1 / $3, $2 / $4}'
  echo "$a $b" >>"$work/all"
  round=$((round + 1))
done
awk '{a += $1; b += $2; c += $3; d += $4} END {printf "mean: ringwall %.0f/s (%.0f per processor second)  nginx %.0f/s (%.0f)  ratio %.2f (%.2f)\n", a / NR, b / NR, c / NR, d / NR, a / c, b / d}' "$work/all"
