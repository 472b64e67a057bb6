#!/usr/bin/env bash
# Checks or publishes the ruleset:
#
#	./flags.sh check      on each merge request; writes difference.md
#	./flags.sh publish    on the branch main; needs BECKET_SECRET_KEY
set -euo pipefail

RULES=${RULES:-flags.jsonc}
PUBLIC_KEY=${PUBLIC_KEY:-production.pub}
URL=${URL:-https://cdn.example.com/flags/production.json}
BUCKET=${BUCKET:-s3://example-flags}
DISTRIBUTION=${DISTRIBUTION:-E1EXAMPLE}
FAIL_OVER=${FAIL_OVER:-25%}
RUN=${RUN:-${CI_PIPELINE_IID:-${BUILD_NUMBER:?}}} # the number of GitLab or Jenkins

build() {
	becket build "$RULES" --revision "$RUN" --output production.json
	becket check production.json --live "$URL"
}

check() {
	becket check "$RULES"
	becket fmt --check "$RULES"
	build
	becket diff "$URL" production.json --markdown --fail-over "$FAIL_OVER" > difference.md
}

publish() {
	build
	becket sign production.json --secret-key <(printf '%s\n' "$BECKET_SECRET_KEY")
	becket verify production.json --public-key-file "$PUBLIC_KEY"
	aws s3 cp production.json.minisig "$BUCKET/flags/production.json.minisig" --cache-control no-cache
	aws s3 cp production.json "$BUCKET/flags/production.json" --cache-control no-cache --content-type application/json
	id=$(aws cloudfront create-invalidation --distribution-id "$DISTRIBUTION" \
		--paths /flags/production.json /flags/production.json.minisig --query Invalidation.Id --output text)
	aws cloudfront wait invalidation-completed --distribution-id "$DISTRIBUTION" --id "$id"
	becket live "$URL" --current production.json --public-key-file "$PUBLIC_KEY"
}

case ${1:-} in
check | publish) "$1" ;;
*) echo "usage: $0 check|publish" >&2; exit 2 ;;
esac
