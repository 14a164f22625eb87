# Asterisk 22 with the configuration of config/asterisk, filled from the environment when it starts.
# Build from the checkout: docker build -f docker/asterisk.Dockerfile .
FROM debian:forky-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends asterisk asterisk-core-sounds-en \
    && rm -rf /var/lib/apt/lists/* /etc/asterisk/*
COPY config/asterisk/*.conf /usr/share/cti-asterisk/
COPY docker/asterisk-start /usr/local/bin/asterisk-start
RUN chmod 755 /usr/local/bin/asterisk-start \
    && mkdir -p /run/asterisk /var/spool/asterisk/monitor /var/lib/asterisk/moh /var/lib/asterisk/keys \
    && chown -R asterisk:asterisk /etc/asterisk /run/asterisk /var/spool/asterisk /var/lib/asterisk /var/log/asterisk
USER asterisk
EXPOSE 5060/udp 10000-10099/udp
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["asterisk", "-rx", "core waitfullybooted"]
CMD ["asterisk-start"]
