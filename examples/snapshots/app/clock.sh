# A worker that does nothing but live.
while true; do sleep 1; done
