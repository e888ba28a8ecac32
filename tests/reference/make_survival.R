# References for time to event from R's survival; simulated data, made here with a fixed seed.
#   Rscript make_survival.R FOLDER    writes survival_data.csv and survival.csv there
suppressMessages(library(survival))
folder <- commandArgs(TRUE)[1]
options(digits = 15)
set.seed(20261)
n <- 40
d <- data.frame(arm = rep(0:3, each = n / 4), batch = rep(0:1, times = n / 2))
rate <- c(0.10, 0.07, 0.06, 0.03)[d$arm + 1]
days <- pmax(1, round(rexp(n, rate)))             # whole days: many ties
limit <- round(runif(n, 12, 30))
d$time <- pmin(days, limit)
d$event <- as.integer(days <= limit)
write.csv(d, file.path(folder, "survival_data.csv"), row.names = FALSE)
rows <- list()
put <- function(quantity, index, value) rows[[length(rows) + 1]] <<- data.frame(quantity, index, value)
for (a in 0:3) {
  f <- survfit(Surv(time, event) ~ 1, data = d[d$arm == a, ], conf.type = "log-log")
  s <- summary(f, times = c(3, 7, 12))
  for (k in seq_along(s$time)) {
    put(paste0("survival", a), s$time[k], s$surv[k])
    put(paste0("low", a), s$time[k], s$lower[k])
    put(paste0("high", a), s$time[k], s$upper[k])
  }
  m <- summary(f, rmean = 12)$table
  put(paste0("median", a), 0, m["median"]); put(paste0("median_low", a), 0, m["0.95LCL"])
  put(paste0("rmst", a), 12, m["rmean"]); put(paste0("rmst_se", a), 12, m["se(rmean)"])
}
l <- survdiff(Surv(time, event) ~ arm, data = d)
put("logrank", 0, l$chisq); for (k in 1:4) put("expected", k - 1, l$exp[k])
put("logrank_stratified", 0, survdiff(Surv(time, event) ~ arm + strata(batch), data = d)$chisq)
c1 <- coxph(Surv(time, event) ~ factor(arm), data = d, ties = "efron",
            control = coxph.control(eps = 1e-12, iter.max = 100))
for (k in 1:3) { put("cox", k, coef(c1)[k]); put("cox_se", k, sqrt(diag(vcov(c1)))[k]) }
put("cox_loglik", 0, c1$loglik[2])
# Each batch its own baseline hazard, over all arms and in pairs; three batches, so that ties and
# arms are spread unevenly and one batch of a pair is without events.
d$third <- rep(0:2, length.out = n)
tight <- coxph.control(eps = 1e-12, iter.max = 100)
c2 <- coxph(Surv(time, event) ~ factor(arm) + strata(batch), data = d, ties = "efron", control = tight)
for (k in 1:3) { put("cox_strata", k, coef(c2)[k]); put("cox_strata_se", k, sqrt(diag(vcov(c2)))[k]) }
put("cox_strata_loglik", 0, c2$loglik[2])
for (pair in list(c(0, 3), c(1, 2))) {
  own <- d[d$arm %in% pair, ]
  own$event[own$third == 2] <- 0
  c3 <- coxph(Surv(time, event) ~ I(arm == pair[2]) + strata(third), data = own, ties = "efron",
              control = tight)
  at <- pair[1] * 10 + pair[2]
  put("cox_pair", at, coef(c3)[1]); put("cox_pair_se", at, sqrt(vcov(c3)[1, 1]))
  put("cox_pair_loglik", at, c3$loglik[2])
}
for (pair in list(c(0, 3), c(1, 2))) {              # pairwise tests within batches
  own <- d[d$arm %in% pair, ]
  put(paste0("logrank_pair", pair[1], pair[2]), 0,
      survdiff(Surv(time, event) ~ arm + strata(batch), data = own)$chisq)
  put(paste0("logrank_pair_variance", pair[1], pair[2]), 0,
      survdiff(Surv(time, event) ~ arm + strata(batch), data = own)$var[1, 1])
}
# Events known to lie between visits, with visits that differ between animals.
set.seed(20262)
v <- data.frame(id = 1:30)
v$true <- rexp(30, 0.09); v$step <- sample(c(2, 3, 5), 30, TRUE); v$end <- sample(8:24, 30, TRUE)
v$left <- pmin(floor(v$true / v$step) * v$step, floor(v$end / v$step) * v$step)
v$right <- ifelse(v$left + v$step > v$true, v$left + v$step, NA)
v$right[v$left + v$step > v$end] <- NA
v$left[1:3] <- c(4, 7, 11); v$right[1:3] <- c(4, 7, 11)   # and some known days
write.csv(v[, c("left", "right")], file.path(folder, "interval_data.csv"), row.names = FALSE)
t1 <- survfit(Surv(left, right, type = "interval2") ~ 1, data = v)
for (k in seq_along(t1$time)) put("turnbull", t1$time[k], t1$surv[k])
write.csv(do.call(rbind, rows), file.path(folder, "survival.csv"), row.names = FALSE)
cat("R", as.character(getRversion()), "survival", as.character(packageVersion("survival")), "\n")
