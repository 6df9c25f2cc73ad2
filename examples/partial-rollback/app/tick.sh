# A service that does nothing, for as long as it is let.
trap 'exit 0' TERM INT
while :; do sleep 1 & wait $!; done
