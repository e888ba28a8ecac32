# Time R's nlme on Gompertz growth: Rscript fit_gompertz.R FILE
# FILE has columns study, animal, arm, time, y. Random baseline and random r, one rho an arm, maximum
# likelihood. Prints one line of JSON with the seconds of all fits, how many failed, log likelihoods.
suppressMessages(library(nlme))
rows <- read.csv(commandArgs(TRUE)[1], colClasses = c(animal = "character"))
rows$arm <- factor(rows$arm)
studies <- split(rows, rows$study)
start <- c(4.4, rep(0.2, 4), rep(0.04, 4))
fit <- function(d) nlme(y ~ b0 + r * (1 - exp(-rho * time)) / rho, data = d, method = "ML",
  fixed = list(b0 ~ 1, r ~ 0 + arm, rho ~ 0 + arm), random = b0 + r ~ 1 | animal, start = start)
invisible(try(fit(studies[[1]]), silent = TRUE))
loglik <- rep(NA_real_, length(studies)); total <- 0
for (k in seq_along(studies)) {
  started <- proc.time()[["elapsed"]]
  done <- tryCatch(fit(studies[[k]]), error = function(e) NULL)
  total <- total + proc.time()[["elapsed"]] - started
  if (!is.null(done)) loglik[k] <- as.numeric(logLik(done))
}
cat(sprintf('{"total": %.6f, "failed": %d, "loglik": [%s]}\n', total, sum(is.na(loglik)),
            paste(ifelse(is.na(loglik), "null", sprintf("%.9f", loglik)), collapse = ",")))
