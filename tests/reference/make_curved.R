# References for curved growth, from R's nlme, on data simulated here: curved_data.csv, curved.csv.
#   Rscript make_curved.R FOLDER
# piecewise: lme() with the bend known. gompertz: nlme() by maximum likelihood, random baseline and
# random r, one rho an arm; the combination regresses.
suppressMessages(library(nlme))
folder <- commandArgs(TRUE)[1]
set.seed(20240611)
days <- c(0, 3, 6, 9, 12, 15, 18, 21)
simulate <- function(shape) {
  animal <- rep(1:28, each = length(days)); arm <- rep(rep(0:3, each = 7), each = length(days))
  t <- rep(days, 28)
  b0 <- rnorm(28, 4.4, 0.3)[animal]; u <- rnorm(28, 0, 0.02)[animal]
  if (shape == "gompertz") {
    r <- c(0.30, 0.22, 0.24, -0.12)[arm + 1] + u; rho <- c(0.05, 0.04, 0.08, 0.06)[arm + 1]
    mean <- b0 + r * (1 - exp(-rho * t)) / rho
  } else {
    mean <- b0 + (0.18 + u) * t + c(0, -0.10, -0.04, -0.25)[arm + 1] * pmax(t - 8, 0)
  }
  data.frame(shape = shape, animal, arm, time = t, y = mean + rnorm(length(t), 0, 0.15))
}
d <- rbind(simulate("gompertz"), simulate("piecewise"))
d$y <- round(d$y, 6)
write.csv(d, file.path(folder, "curved_data.csv"), row.names = FALSE)
d$arm <- factor(d$arm)
control <- lmeControl(msMaxIter = 500, msTol = 1e-12, tolerance = 1e-10, niterEM = 200, msMaxEval = 2000)
line <- function(fit, ml, values, se, what)
  data.frame(shape = what, parameter = names(values), estimate = unname(values), se = unname(se),
             sigma = fit$sigma, loglik = as.numeric(logLik(fit)), loglik_ml = ml)
p <- subset(d, shape == "piecewise"); p$late <- pmax(p$time - 8, 0)
bent <- function(method) lme(y ~ time:arm + late:arm, random = ~ time | animal, data = p, method = method,
                             control = control)
fit <- bent("REML")
out <- line(fit, as.numeric(logLik(bent("ML"))), fixef(fit), sqrt(diag(vcov(fit))), "piecewise")
g <- subset(d, shape == "gompertz")
fit <- nlme(y ~ b0 + r * (1 - exp(-rho * time)) / rho, data = g, method = "ML",
            fixed = list(b0 ~ 1, r ~ 0 + arm, rho ~ 0 + arm), random = b0 + r ~ 1 | animal,
            start = c(4.4, 0.30, 0.22, 0.24, -0.12, 0.05, 0.04, 0.08, 0.06),
            control = nlmeControl(maxIter = 200, pnlsMaxIter = 50, minScale = 1e-10, tolerance = 1e-6))
ml <- as.numeric(logLik(fit))
out <- rbind(out, line(fit, ml, fixef(fit), sqrt(diag(vcov(fit))), "gompertz"))
options(digits = 15)
write.csv(out, file.path(folder, "curved.csv"), row.names = FALSE)
cat("R", as.character(getRversion()), "nlme", as.character(packageVersion("nlme")), "\n")
