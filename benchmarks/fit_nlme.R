# Time R's nlme on simulated studies: Rscript fit_nlme.R FILE MODEL
# FILE has columns study, animal, arm, time, y, v (v: log relative volume; the row at time 0 is the
# baseline); MODEL is origin or intercept-slope. Prints one line of JSON with seconds for each fit.
suppressMessages(library(nlme))
given <- commandArgs(TRUE)
rows <- read.csv(given[1], colClasses = c(animal = "character"))
rows$arm <- factor(rows$arm)
studies <- split(rows, rows$study)
fit_origin <- function(d) lme(v ~ 0 + time:arm, random = ~ 0 + time | animal, data = d[d$time > 0, ])
fit_both <- function(d) lme(y ~ time:arm, random = ~ time | animal, data = d)
fit <- if (given[2] == "origin") fit_origin else fit_both
invisible(fit(studies[[1]]))
seconds <- rep(NA_real_, length(studies)); loglik <- seconds
for (k in seq_along(studies)) {
  started <- proc.time()[["elapsed"]]
  done <- tryCatch(fit(studies[[k]]), error = function(e) NULL)
  seconds[k] <- proc.time()[["elapsed"]] - started
  if (!is.null(done)) loglik[k] <- as.numeric(logLik(done))
}
cat(sprintf('{"total": %.6f, "failed": %d, "loglik": [%s]}\n', sum(seconds), sum(is.na(loglik)),
            paste(ifelse(is.na(loglik), "null", sprintf("%.9f", loglik)), collapse = ",")))
